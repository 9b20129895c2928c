import { countOf, DIGIT } from './characters'

const WORD_MAX = 16

/** What stands after a secret's name when the text speaks about the secret instead of showing it. */
const HARMLESS_WORDS = new Set(
  (
    'null nil none undefined true false yes no n/a na empty unset set not is was has must should cannot can could may will ' +
    'would does did are be been a an the for from with without to too in on of at by and or if it its this that your ' +
    'required optional missing invalid expired valid verified ok okay failed failure success successful denied granted ' +
    'incorrect wrong mismatch enabled disabled string number boolean integer changed unchanged updated reset created deleted ' +
    'rotated refreshed revoked issued generated received redacted hidden masked filtered removed omitted secret ' +
    'sensitive unknown unauthorized forbidden rejected accepted anonymous default bearer basic token password type ' +
    'strict lax httponly secure accept reject please error warning'
  ).split(' '),
)

/** Whether the value is a placeholder, a mask, a word of prose, or what an earlier redaction left behind. */
export function isHarmlessValue(value: string): boolean {
  if (value === '' || value.startsWith('[REDACTED') || value.startsWith('//')) return true
  if (isMask(value) || isTemplate(value)) return true
  const [first] = value.slice(0, WORD_MAX + 2).split(' ')
  if (first.length > WORD_MAX) return false
  return HARMLESS_WORDS.has(first.toLowerCase().replace(/[.:!?]+$/, ''))
}

function isMask(value: string): boolean {
  const first = value.charAt(0)
  if (!'*xX.•-#?_'.includes(first)) return false
  for (let at = 1; at < value.length; at++) if (value.charAt(at) !== first) return false
  return value.length >= 3 || first === '*' || first === '?' || first === '-' || first === '.'
}

/** `${NAME}`, `$NAME`, `{{ name }}`, `%s`, `<token>`, `:name`, `$1`. */
function isTemplate(value: string): boolean {
  const first = value.charAt(0)
  if (first === '%') return value.length <= 3 && countOf(value, DIGIT, 1, value.length) === 0
  if (first === '$') return isName(value.slice(1)) || value.charAt(1) === '{' || value.length === 1
  if (first === '{') return value.startsWith('{{') || value.startsWith('{}')
  if (first === '<') return value.endsWith('>')
  return value === '[hidden]' || value === '[filtered]' || value === '[FILTERED]' || value === '[Filtered]'
}

/** Shell variables are in one case; a password that begins with a dollar hardly ever is. */
const isName = (text: string): boolean => /^(?:[A-Z_][A-Z0-9_]*|\d{1,2}|[a-z_]{1,12})$/.test(text.slice(0, 64))
