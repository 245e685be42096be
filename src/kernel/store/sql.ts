/** Lists in SQL. */

/**
 * Runs `fn` over slices of a list, each padded to a length that is a power of two by repeating its last element: so a
 * list of any length needs only a handful of different statements, and these stay prepared.
 */
export async function inSlices<T>(
  list: readonly T[],
  fn: (slice: readonly T[], marks: string) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < list.length; from += MAX_SLICE) {
    const slice = list.slice(from, from + MAX_SLICE)
    const size = 2 ** Math.ceil(Math.log2(slice.length))
    const last = slice[slice.length - 1] as T
    while (slice.length < size) slice.push(last)
    await fn(slice, MARKS[Math.log2(size)] as string)
  }
}

const MAX_SLICE = 256
/** `?`, `?, ?`, … for each power of two. */
const MARKS = Array.from({ length: Math.log2(MAX_SLICE) + 1 }, (_, power) => new Array(2 ** power).fill('?').join(', '))

/** As `inSlices`, for a list of pairs: `fn` gets their values one after the other. */
export function pairsInSlices<A, B>(
  pairs: readonly (readonly [A, B])[],
  fn: (values: readonly (A | B)[], marks: string) => Promise<void>,
): Promise<void> {
  return inSlices(pairs, (slice, marks) => fn(slice.flat(), `values ${marks.replaceAll('?', '(?, ?)')}`))
}
