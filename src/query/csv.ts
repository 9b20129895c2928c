/** Characters with which a cell would be a formula in a spreadsheet (OWASP, CSV injection), full-width forms among them. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/

/** One line of CSV (RFC 4180): every field quoted, and none of them a formula. */
export const csvLine = (fields: readonly string[]): string => fields.map(csvField).join(',')

function csvField(text: string): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
