type Value = string | number | null

interface Recorded {
  sql: string
  parameters: Value[]
}

/**
 * Runs code that writes to D1 and answers its SQL text, for a database that only `wrangler d1 execute` reaches.
 * What reads has no answer here, so it throws.
 */
export async function recordSql<Result>(
  write: (database: D1Database) => Promise<Result>,
): Promise<{ result: Result; sql: string }> {
  const statements: string[] = []
  const recorder = {
    prepare: (sql: string) => ({
      sql,
      parameters: [],
      bind: (...parameters: Value[]): Recorded => ({ sql, parameters }),
    }),
    batch: async (batch: Recorded[]) => {
      statements.push(...batch.map(toSql))
      return []
    },
  }
  // The recorder has only what writing needs, which the type of D1 cannot say.
  const database: D1Database = Object.create(recorder)
  const result = await write(database)
  return { result, sql: `${statements.join(';\n')};\n` }
}

/** Puts the parameters of a compiled query into its text, one for each question mark. */
export function toSql({ sql, parameters }: Recorded): string {
  const rest = parameters[Symbol.iterator]()
  return sql.replaceAll('?', () => toLiteral(rest.next().value ?? null))
}

function toLiteral(value: Value): string {
  if (value === null) return 'NULL'
  return typeof value === 'number' ? `${value}` : `'${value.replaceAll("'", "''")}'`
}
