import { seededFraction } from './seeded-fraction.ts'

/** A log that tries to be more than text, and what it tries. */
export interface HostileLog {
  readonly kind: string
  readonly message: string
  readonly [member: string]: unknown
}

const ESCAPE = '\u001b'
const BELL = '\u0007'
const MEGABYTE = 1_000_000

/** What runs if anything does: a test looks for it. */
const RUN = 'window.pwned=1'

const HTML = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg/onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `"><script src=https://evil.example/x.js></script>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
  `<base href="https://evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  `<link rel=stylesheet href=https://evil.example/x.css>`,
  `<a href="javascript:${RUN}">click</a>`,
  `<details open ontoggle=${RUN}>`,
  `<template><script>${RUN}</script></template>`,
  `</pre></span></div></body></html><script>${RUN}</script>`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${alert(1)} #{alert(1)} <%= alert(1) %>`,
  `<!--<img src="--><img src=x onerror=${RUN}//">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `&lt;script&gt;${RUN}&lt;/script&gt; &#60;script&#62;`,
] as const

const URLS = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `\u0001javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `vbscript:msgbox(1)`,
  `blob:https://evil.example/1`,
  `file:///etc/passwd`,
  `//evil.example/x`,
  `https://user:password@evil.example/`,
] as const

/** What each kind says; the same fraction says the same. */
const KINDS: Readonly<Record<string, (pick: <T>(values: readonly T[]) => T) => string>> = {
  html: (pick) => pick(HTML),
  html_in_quotes: (pick) => `failed: "${pick(HTML)}' ${pick(HTML)}`,
  url: (pick) => `see ${pick(URLS)} for more`,
  link_osc8: (pick) => `${ESCAPE}]8;;${pick(URLS)}${BELL}a link${ESCAPE}]8;;${BELL} end`,
  link_osc8_st: (pick) => `${ESCAPE}]8;;${pick(URLS)}${ESCAPE}\\a link${ESCAPE}]8;;${ESCAPE}\\ end`,
  title: () => `${ESCAPE}]0;pwned${BELL}${ESCAPE}]2;pwned${BELL} sets the title`,
  ansi: () =>
    `${ESCAPE}[31mred ${ESCAPE}[1;4mbold${ESCAPE}[0m ${ESCAPE}[38;5;196mindexed${ESCAPE}[48;2;1;2;3mtrue${ESCAPE}[m plain`,
  ansi_control: () => `${ESCAPE}[2J${ESCAPE}[1;1H${ESCAPE}[?1049h${ESCAPE}c${ESCAPE}P1;2|payload${ESCAPE}\\ cleared`,
  ansi_broken: () => `${ESCAPE}[${ESCAPE}]8;;${ESCAPE}[31;31;31;31;999999999999m${ESCAPE}`,
  ansi_html: (pick) => `${ESCAPE}[31m${pick(HTML)}${ESCAPE}[0m`,
  bidi: () => 'file \u202egpj.exe\u202c and \u2066isolated\u2069 and \u200frtl',
  zero_width: () => 'pass\u200bword \ufeffbom soft\u00adhyphen \u2060word joiner',
  joiner: () => 'family 👩\u200d👩\u200d👧 and 👩\u200d💻 at work',
  combining: () => `Z${'\u0351\u036b\u0343'.repeat(60)}algo`,
  control: () => 'nul \u0000 bell \u0007 back \u0008 delete \u007f next \u0085 line \u2028 paragraph \u2029 end',
  surrogates: () => 'lone \ud800 and \udc00 halves',
  newlines: () => `one\r\ntwo\rthree\n\n\n${'four\n'.repeat(20)}`,
  template: (pick) => `\`${pick(HTML)}\` ${'{'.repeat(50)}`,
  long_word: () => 'x'.repeat(20_000),
}

/** Logs that try what logs have been used for; the same seed makes the same. The last one says that it is. */
export function hostileLogs({
  count,
  seed,
  service,
}: {
  readonly count: number
  readonly seed: number
  readonly service: string
}): HostileLog[] {
  const fraction = seededFraction(seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(fraction() * values.length)]
  const kinds = Object.entries(KINDS)
  const logs = Array.from({ length: count - 3 }, (_, index): HostileLog => {
    const [kind, say] = kinds[index % kinds.length]
    const message = say(pick)
    return {
      ...{ level: pick(['info', 'warn', 'error']), service, kind, message, [`field ${pick(HTML)}`]: pick(URLS) },
      ...{
        nested: { [pick(HTML)]: [message.slice(0, 2000), pick(URLS)] },
        url: pick(URLS),
        style: 'position:fixed;inset:0',
      },
    }
  })
  return [
    ...logs,
    { level: 'error', service, kind: 'megabyte', message: `${'<b>'.repeat(MEGABYTE / 3)}` },
    // As JSON has it: an object literal would set the prototype.
    JSON.parse(
      `{"level":"warn","service":"${service}","kind":"prototype","message":"pollution","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":null}`,
    ),
    { level: 'info', service, kind: 'last', message: `last of ${count}` },
  ]
}
