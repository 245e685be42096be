/** SQL as text: whether a statement writes, and lists of rows. */
import type { SqlValue } from './store.ts'

/** Whether a statement certainly writes nothing. One that begins with `with` may do either, and counts as a write. */
export const isQuery = (sql: string): boolean => sql.startsWith('select')

export type ColumnType = 'bigint' | 'text'

/**
 * Runs `fn` over slices of a list of rows, all under way together. A slice is a table to the statement: `values …`, for
 * `in (…)` or `with name (columns) as (…)`. It is padded to a length that is a power of two by repeating its last row: so a
 * list of any length needs only a handful of different statements, and these stay prepared. `types` are the columns'.
 */
export async function inSlices(
  rows: readonly (readonly SqlValue[])[],
  types: readonly ColumnType[],
  fn: (table: string, values: readonly SqlValue[]) => Promise<unknown>,
): Promise<void> {
  const slices: Promise<unknown>[] = []
  for (let from = 0; from < rows.length; from += MAX_SLICE) {
    const slice = rows.slice(from, from + MAX_SLICE)
    const power = Math.ceil(Math.log2(slice.length))
    const last = slice[slice.length - 1] as readonly SqlValue[]
    while (slice.length < 2 ** power) slice.push(last)
    slices.push(fn(tableOf(types, power), slice.flat()))
  }
  await Promise.all(slices)
}

const MAX_SLICE = 256
const tables = new Map<string, string>()

/** The first row says of which types the columns are: PostgreSQL would take them for text. */
function tableOf(types: readonly ColumnType[], power: number): string {
  const name = `${types.join()} ${power}`
  let table = tables.get(name)
  if (table === undefined) {
    const first = `(${types.map((type) => `cast(? as ${type})`).join(', ')})`
    const other = `(${types.map(() => '?').join(', ')})`
    table = `values ${[first, ...new Array<string>(2 ** power - 1).fill(other)].join(', ')}`
    tables.set(name, table)
  }
  return table
}
