/** Whether a statement certainly writes nothing. One that begins with `with` may do either, and counts as a write. */
export const isQuery = (sql: string): boolean => sql.startsWith('select')
