import type { CodePointSet } from './code-points'

const UPPER = [0x41, 0x5a] as const
const LOWER = [0x61, 0x7a] as const
const DIGIT = [0x30, 0x39] as const
const UNDERSCORE = [0x5f, 0x5f] as const

/** `\d`, `\w` and `\s`. ASCII only, as in RE2; capitals negate. */
export const ESCAPED_CLASSES: ReadonlyMap<string, CodePointSet> = new Map([
  ['d', [DIGIT]],
  ['w', [DIGIT, UPPER, UNDERSCORE, LOWER]],
  [
    's',
    [
      [0x09, 0x0a],
      [0x0c, 0x0d],
      [0x20, 0x20],
    ],
  ],
])

/** `[[:alpha:]]` and the like. */
export const POSIX_CLASSES: ReadonlyMap<string, CodePointSet> = new Map([
  ['alnum', [DIGIT, UPPER, LOWER]],
  ['alpha', [UPPER, LOWER]],
  ['ascii', [[0, 0x7f]]],
  [
    'blank',
    [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
  ],
  [
    'cntrl',
    [
      [0, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['digit', [DIGIT]],
  ['graph', [[0x21, 0x7e]]],
  ['lower', [LOWER]],
  ['print', [[0x20, 0x7e]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
  [
    'space',
    [
      [0x09, 0x0d],
      [0x20, 0x20],
    ],
  ],
  ['upper', [UPPER]],
  ['word', [DIGIT, UPPER, UNDERSCORE, LOWER]],
  ['xdigit', [DIGIT, [0x41, 0x46], [0x61, 0x66]]],
])
