import { DOCS_STYLE } from '../docs-style'
import { html } from '../html'
import type { Guide, Place } from './guide'

/** Every way in, with the configuration filled in, as a page that needs nothing but itself. */
export function guidesPage(guides: readonly Guide[], place: Place): string {
  const links = guides.map(({ title }, index) => html`<li><a href="#way-${index}">${title}</a></li>`)
  const sections = guides.map(
    (
      { title, where, configuration, page },
      index,
    ) => html`<section class="operation" id="way-${index}" aria-labelledby="title-${index}">
<h3 id="title-${index}"><a href="#way-${index}">${title}</a></h3>
<p class="soft">${where}. What maps to what, retries and traps: <code>docs/shippers/${page}.md</code>.</p>
<pre tabindex="0" role="region" aria-label="Configuration of ${title}"><code>${configuration(place)}</code></pre></section>`,
  )
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sluice: ways in</title>
<style>${{ markup: DOCS_STYLE }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the ways in</a>
<div class="columns">
<nav aria-label="Ways in"><h2 id="nav-ways">Ways in</h2><ul aria-labelledby="nav-ways">${links}</ul></nav>
<main id="main"><h1>Ways in</h1>
<p>Whatever already sends your logs sends them here with another address and another key. Whatever is not in this list can
<code>POST</code> JSON or lines of text to <code>${place.url}/logs</code>.</p>
${sections}</main>
</div>
</body>
</html>
`.markup
}
