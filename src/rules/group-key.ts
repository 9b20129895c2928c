import { createHash } from 'node:crypto'
import { RULE_GROUP_CHARACTERS_MAX } from '../limits/limits'
import type { GroupValues } from '../query/pipes/group-codes'
import { OTHER_GROUPS } from './rules-state'

/** The name of a group: the values of its fields as JSON. Long ones are cut, and told apart by a hash. */
export function groupKey(values: GroupValues): string {
  const whole = JSON.stringify(values)
  if (whole.length <= RULE_GROUP_CHARACTERS_MAX) return whole
  const characters = Math.floor(RULE_GROUP_CHARACTERS_MAX / values.length / 2) - HASH_CHARACTERS
  return JSON.stringify(values.map((value) => (value === null ? null : shortened(value, characters))))
}

/** The values that a group's name says, by their fields. */
export function groupOf(fields: readonly string[], key: string): Readonly<Record<string, string | null>> {
  if (key === OTHER_GROUPS) return Object.fromEntries(fields.map((field) => [field, '(others)']))
  const values: readonly (string | null)[] = JSON.parse(key)
  return Object.fromEntries(fields.slice(0, values.length).map((field, index) => [field, values[index]]))
}

/** What is remembered of a value: itself while it is short. */
export const rememberedValue = (value: string): string =>
  value.length <= VALUE_CHARACTERS_MAX ? value : `#${hashOf(value, VALUE_CHARACTERS_MAX)}`

/** A value as it is shown: cut when it is long, and still not the same as another. */
export const shownValue = (value: string): string =>
  value.length <= RULE_GROUP_CHARACTERS_MAX ? value : shortened(value, RULE_GROUP_CHARACTERS_MAX - HASH_CHARACTERS - 1)

/** 96 bits as base64: two of 10,000 values are never the same. */
const VALUE_CHARACTERS_MAX = 16
const HASH_CHARACTERS = 12

const shortened = (value: string, characters: number): string =>
  value.length <= characters + HASH_CHARACTERS
    ? value
    : `${value.slice(0, Math.max(0, characters)).toWellFormed()}…${hashOf(value, HASH_CHARACTERS)}`

const hashOf = (text: string, characters: number): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, characters)
