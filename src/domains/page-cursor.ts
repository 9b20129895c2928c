import * as z from 'zod'

const Position = z.tuple([z.string().max(300), z.string().max(300)])

/** The last row of a page of domains or tenants: what it is sorted by, and its tenant. */
export type PagePosition = z.infer<typeof Position>

/** The cursor that begins the next page behind a row. It says nothing but the row, and whoever reads it is checked again. */
export const toPageCursor = (position: PagePosition): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url')

/** The row that a cursor stands for; undefined for what we did not write. */
export function parsePageCursor(cursor: string): PagePosition | undefined {
  if (!/^[\w-]{1,1200}$/.test(cursor)) return undefined
  try {
    const position = Position.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return position.success && toPageCursor(position.data) === cursor ? position.data : undefined
  } catch {
    return undefined
  }
}
