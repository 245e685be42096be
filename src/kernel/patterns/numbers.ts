/** Neighbours among the numbers, by which a range that leaves its end out becomes one that has its end in. */

const view = new DataView(new ArrayBuffer(8))

/** The smallest double above `value`, which is finite. */
export function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n))
  return view.getFloat64(0)
}

/** The largest double below `value`, which is finite. */
export const nextBelow = (value: number): number => -nextAbove(-value)
