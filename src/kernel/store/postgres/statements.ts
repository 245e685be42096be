/** Statements as PostgreSQL wants them: `$1` for `?`, and a name under which each connection keeps them prepared. */

export interface Statement {
  readonly name: string
  readonly text: string
}

/** The platform's statements are written in its code, so there is a bounded number of them. */
const statements = new Map<string, Statement>()

export function statementOf(sql: string): Statement {
  let statement = statements.get(sql)
  if (statement === undefined) {
    statement = { name: `m${statements.size}`, text: numbered(sql) }
    statements.set(sql, statement)
  }
  return statement
}

/** `?` becomes `$1`, `$2` …, except within quotes. */
export function numbered(sql: string): string {
  let last = 0
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (found) => (found === '?' ? `$${++last}` : found))
}
