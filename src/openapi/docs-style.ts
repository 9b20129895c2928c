/** How the pages of the documentation look: the system's own fonts, light or dark as the reader has it. */
export const DOCS_STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--page:#fff;--panel:#f4f6f8;--line:#d0d7de;--link:#0a5bb5;
--get:#0b6b3a;--post:#0a5bb5;--put:#8a4b00;--patch:#8a4b00;--delete:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#a3adb8;--page:#0f1419;--panel:#181f27;--line:#323c47;--link:#79b8ff;
--get:#5fd38d;--post:#79b8ff;--put:#f0b35e;--patch:#f0b35e;--delete:#ff8a80}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--page)}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,pre:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100vw}
.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem 1rem;z-index:1}
.columns{display:grid;grid-template-columns:19rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.25rem;border-right:1px solid var(--line);
background:var(--panel);font-size:.875rem}
nav h2{font-size:.8rem;margin:1.1rem 0 .3rem;color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:flex;gap:.5rem;padding:.15rem .25rem;text-decoration:none;color:inherit;border-radius:4px;overflow-wrap:anywhere}
nav a:hover{background:var(--page);text-decoration:underline}
nav .method{flex:0 0 3.4rem}
main{padding:1.25rem 2.5rem 4rem;max-width:60rem}
h1{margin:.2rem 0 .5rem;font-size:1.7rem;line-height:1.2}
main h2{margin:3rem 0 1rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{margin:0 0 .3rem;font-size:1.15rem;overflow-wrap:anywhere}
h3 a{color:inherit;text-decoration:none}
h3 a:hover{text-decoration:underline}
h4{margin:1.1rem 0 .3rem;font-size:.9rem}
section.operation{padding:1.25rem 0;border-bottom:1px solid var(--line)}
.method{font:600 .75em/1.9 ui-monospace,monospace}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
code,pre{font-family:ui-monospace,monospace;font-size:.875em}
code{overflow-wrap:anywhere}
:not(pre)>code{background:var(--panel);padding:.1em .3em;border-radius:4px}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto;max-height:28rem;margin:.3rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:600;padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-top:1px solid var(--line)}
th code{white-space:nowrap}
thead th{border-top:0;color:var(--soft);font-weight:600}
.scope,.soft,.kind{color:var(--soft);font-size:.9rem}
.required{font-size:.8rem;font-weight:600}
ul.members{list-style:none;margin:.2rem 0;padding-left:1rem;border-left:2px solid var(--line)}
ul.members li{margin:.2rem 0;font-size:.9rem}
p.type{margin:.4rem 0}
details{margin:.4rem 0}
summary{cursor:pointer}
@media(max-width:56rem){.columns{display:block}nav{position:static;max-height:16rem;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
@media print{nav,.skip{display:none}.columns{display:block}}
`
