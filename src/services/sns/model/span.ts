/** Parts of a text. */
export interface Span {
  readonly start: number
  /** The first character that is not part of it. */
  readonly end: number
}

/** The same parts in order, those that overlap as one. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last === undefined || last.end <= span.start) merged.push(span)
    else if (last.end < span.end) merged[merged.length - 1] = { start: last.start, end: span.end }
  }
  return merged
}
