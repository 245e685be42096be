/**
 * What figures stand beside, measured in the same run: the best that can be hoped for on this machine, or an operation
 * that others are compared with. Machines drift: it is measured again and again, and the median counts.
 */

/** CPU time is in microseconds of all threads, for one operation. */
export interface YardstickRun {
  readonly perSecond: number
  readonly p50Millis?: number
  readonly p99Millis?: number
  readonly serverMicros?: number
  readonly postgresMicros?: number
  readonly generatorMicros?: number
}

/** The best that can be hoped for. */
export interface Ceiling {
  readonly title: string
  /** One operation of it, in a word. */
  readonly unit: string
  /** Runs it for a moment. */
  measure(): Promise<YardstickRun>
  close(): Promise<void>
}
