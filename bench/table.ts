/** Figures as text. */

export type Row = readonly string[]

/** A figure that isn't known is a dash. */
export const number = (value: number | undefined, digits: number): string =>
  value === undefined ? '–' : value.toFixed(digits)
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Columns as wide as their widest cell; the last cell of a row may run on. */
export function table(rows: readonly Row[]): string {
  const widthOf = (column: number) =>
    Math.max(...rows.map((row) => (column < row.length - 1 ? (row[column] ?? '').length : 0)))
  const widths = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) => widthOf(column))
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
