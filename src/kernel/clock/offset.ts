/** How far the platform's clock was shifted is kept in the store: it holds after a restart, and for every node. */
import { single } from '../store/store.ts'
import type { Millis } from './clock.ts'

const YEAR_MS: Millis = 365 * 86_400_000

/**
 * How far the clock may be ahead of the machine's: some 6,900 years. Times then have years of four digits, as
 * certificates and documents need them, and fit into the six bytes that a receipt handle has for one.
 */
export const MAX_OFFSET_MS: Millis = 6_900 * YEAR_MS

/** The offset in milliseconds. A store from before there was a bound may be beyond it: it is used as it is. */
export const readClockOffset = single('clock.offset', async (tx, _: null): Promise<Millis> => {
  const row = await tx.get<{ offset: Millis }>('select offset_ms as "offset" from clock_offset where "only" = 1')
  return (row as { offset: Millis }).offset
})

/** Adds to the offset, and answers the new one; undefined if that would be too far, and nothing was changed. */
export const advanceClock = single('clock.advance', async (tx, { ms }: { ms: Millis }): Promise<Millis | undefined> => {
  const row = await tx.get<{ offset: Millis }>(
    `update clock_offset set offset_ms = offset_ms + ? where "only" = 1 and offset_ms <= ?
     returning offset_ms as "offset"`,
    [ms, MAX_OFFSET_MS - ms],
  )
  return row?.offset
})
