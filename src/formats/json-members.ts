/** A member of a record that is being written out: its name, and its value as JSON text. */
export type Member = readonly [name: string, json: string]

/** A member whose value is a text. */
export const textMember = (name: string, value: string): Member => [name, JSON.stringify(value)]

/** The same where there is a value; what is absent is left out. */
export const optionalMember = (name: string, value: string | undefined): readonly Member[] =>
  value === undefined || value === '' ? [] : [textMember(name, value)]

/** JSON text of an object. Members of the same name all stay, in their order. */
export function toObjectJson(members: readonly Member[]): string {
  let json = '{'
  for (const [name, value] of members) json += `${json.length === 1 ? '' : ','}${JSON.stringify(name)}:${value}`
  return `${json}}`
}
