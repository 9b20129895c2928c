import * as z from 'zod'
import { PROBLEMS } from '../http/problem'
import { curlLine } from './curl-line'
import { DOCS_STYLE } from './docs-style'
import { GROUP_TITLES } from './group-titles'
import { type Html, html, NOTHING, prose } from './html'
import { type Content, contentOf, type Operation, problemsOf, refusalOf } from './operation'
import { schemaList, valueWords } from './schema-list'

/** The documentation of some operations as a page that needs nothing but itself. `server` is where it is served from. */
export function docsPage(operations: readonly Operation[], about: { version: string; server: string }): string {
  const groups = [...Map.groupBy(operations, ({ group }) => group)]
  const navigation = groups.map(
    ([group, members]) => html`<h2 id="nav-${group}">${GROUP_TITLES[group]}</h2>
<ul aria-labelledby="nav-${group}">${members.map(linkTo)}</ul>`,
  )
  const sections = groups.map(
    ([group, members]) => html`<h2 id="group-${group}">${GROUP_TITLES[group]}</h2>${members.map(operationSection)}`,
  )
  return page(
    'Sluice: the API',
    html`${navigation}`,
    html`<h1>Sluice: the API</h1>
<p class="soft">Version ${about.version}. For machines: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). What can go
wrong: <a href="/docs/errors">the problems</a>.</p>
<p>A key goes into <code>Authorization: Bearer slc_…</code> or <code>X-API-Key</code>. The command lines below work in a shell in
which these are set:</p>
${code('Variables', `export SLUICE=${about.server}\nexport INGEST_KEY=slc_ing_… QUERY_KEY=slc_rd_… ADMIN_KEY=slc_adm_… OPERATOR_KEY=slc_op_…`)}
${sections}`,
  )
}

/** Every problem that an answer can be, with what to do about it: where the `type` of a problem leads. */
export function problemsPage(): string {
  const codes = Object.entries(PROBLEMS)
  const navigation = html`<h2 id="nav-problems">Problems</h2>
<ul aria-labelledby="nav-problems">${codes.map(([code, { status }]) => html`<li><a href="#${code}"><span class="method">${status}</span> ${code}</a></li>`)}</ul>`
  const sections = codes.map(
    ([code, { status, title, hint }]) => html`<section class="operation" id="${code}" aria-labelledby="title-${code}">
<h3 id="title-${code}"><a href="#${code}"><code>${code}</code></a></h3>
<p><b>${status}</b> · ${title}.</p><p>${prose(hint)}</p></section>`,
  )
  return page(
    'Sluice: the problems',
    navigation,
    html`<h1>The problems</h1>
<p>An answer of the type <code>application/problem+json</code> (RFC 9457) has one of these as its <code>code</code>.
<a href="/docs">The API</a> says which route can give which.</p>${sections}`,
  )
}

const page = (title: string, navigation: Html, main: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ markup: DOCS_STYLE }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<div class="columns">
<nav aria-label="Contents">${navigation}</nav>
<main id="main">${main}</main>
</div>
</body>
</html>
`.markup

const linkTo = ({ id, method, path }: Operation): Html =>
  html`<li><a href="#${id}">${methodLabel(method)} <span>${path}</span></a></li>`

const methodLabel = (method: string): Html => html`<span class="method ${method.toLowerCase()}">${method}</span>`

function operationSection(operation: Operation): Html {
  const { id, method, path, scope, summary, description, body, answers, example } = operation
  const access = scope === 'public' ? html`Public: no key.` : html`Scope <code>${scope}</code>.`
  const asked =
    body === undefined
      ? NOTHING
      : html`<h4>Body</h4><p>${prose(body.description)}</p>${contents(body, 'input')}${exampleOf('Example of the body', example.text ?? example.body)}`
  const answered = Object.entries(answers).map(
    ([status, answer]) =>
      html`<h4>Answer ${status}</h4><p>${prose(answer.description)}</p>${contents(answer, 'output')}`,
  )
  return html`<section class="operation" id="${id}" aria-labelledby="title-${id}">
<h3 id="title-${id}"><a href="#${id}">${methodLabel(method)} ${path}</a></h3>
<p><b>${summary}.</b> <span class="scope">${access}</span></p>
<p>${prose(description)}</p>
${parametersTable(operation)}${asked}${answered}
${exampleOf(`Example of answer ${example.status}`, example.answer)}
<h4>Try it</h4>
${code(`Command line for ${method} ${path}`, curlLine(operation))}
${problems(operation)}
</section>`
}

function contents(content: Content, io: 'input' | 'output'): Html {
  const listed = contentOf(content).map(
    ([type, schema]) =>
      html`<details><summary><code>${type}</code></summary>${schemaList(z.toJSONSchema(schema, { io }))}</details>`,
  )
  return html`${listed}`
}

function parametersTable({ id, pathParameters, query, headers }: Operation): Html {
  const rows = [...rowsOf('path', pathParameters), ...rowsOf('query', query), ...rowsOf('header', headers)]
  if (rows.length === 0) return NOTHING
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="parameters-${id}"><table>
<caption id="parameters-${id}">Parameters</caption>
<thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Value</th><th scope="col">Default</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

const Described = z.object({ description: z.string().default(''), default: z.unknown().optional() })

function rowsOf(place: string, schema: z.ZodObject | undefined): Html[] {
  if (schema === undefined) return []
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => {
    const { description, default: preset } = Described.parse(property)
    const usual = preset === undefined ? NOTHING : html`<code>${String(preset)}</code>`
    return html`<tr><th scope="row"><code>${name}</code></th><td>${place}</td><td>${valueWords(property)}</td><td>${usual}</td><td>${prose(description)}</td></tr>`
  })
}

function problems(operation: Operation): Html {
  const links = problemsOf(operation).map(
    (code) =>
      html`<li><a href="/docs/errors#${code}"><code>${code}</code></a> ${refusalOf(operation, code).status}</li>`,
  )
  return html`<details><summary>Problems</summary><ul>${links}</ul></details>`
}

function exampleOf(label: string, value: unknown): Html {
  if (value === undefined) return NOTHING
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return html`<h4>${label}</h4>${code(label, text)}`
}

/** What scrolls can be reached with the keyboard, and says what it is. */
const code = (label: string, text: string): Html =>
  html`<pre tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>`
