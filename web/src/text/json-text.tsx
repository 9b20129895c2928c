import { useSignal } from '@preact/signals'
import { digitsOf } from '../api/exact-json'
import { Message } from '../stream/log-row'

/** Members beyond these are shown on demand: a document may have thousands. */
const OPEN_MEMBERS_MAX = 50
const OPEN_DEPTH = 3

/** A JSON document as a tree that folds. */
export function JsonText({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }) {
  const digits = digitsOf(value)
  if (digits !== undefined) return <span class="value-number">{digits}</span>
  if (typeof value !== 'object' || value === null) return <Leaf value={value} />
  return <Branch value={value} depth={depth} />
}

function Branch({ value, depth }: { readonly value: object; readonly depth: number }) {
  const isList = Array.isArray(value)
  const members = Object.entries(value)
  const isOpen = useSignal(depth < OPEN_DEPTH && members.length <= OPEN_MEMBERS_MAX)
  const shownMax = useSignal(OPEN_MEMBERS_MAX)
  if (members.length === 0) return <span class="json-mark">{isList ? '[]' : '{}'}</span>
  return (
    <span class="json-branch">
      <button
        type="button"
        class="json-fold"
        aria-expanded={isOpen.value}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {isOpen.value ? '▾' : '▸'} {isList ? '[' : '{'}
        {isOpen.value ? '' : ` ${members.length} `}
        {isOpen.value ? '' : isList ? ']' : '}'}
      </button>
      {isOpen.value ? (
        <>
          <ul>
            {members.slice(0, shownMax.value).map(([name, inner]) => (
              <li key={name}>
                <span class="json-name">{name}</span>
                <span class="json-mark">: </span>
                <JsonText value={inner} depth={depth + 1} />
              </li>
            ))}
          </ul>
          {members.length > shownMax.value ? (
            <button type="button" onClick={() => (shownMax.value += 500)}>
              {(members.length - shownMax.value).toLocaleString('en')} more
            </button>
          ) : null}
          <span class="json-mark">{isList ? ']' : '}'}</span>
        </>
      ) : null}
    </span>
  )
}

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string')
    return (
      <span class="value-text">
        "<Message text={value} isWhole />"
      </span>
    )
  return <span class={typeof value === 'number' ? 'value-number' : 'value-boolean'}>{String(value)}</span>
}
