/** How far the platform's clock was shifted is kept in the store: it holds after a restart, and for every node. */
import { single } from '../store/store.ts'
import type { Millis } from './clock.ts'

/** The offset in milliseconds. */
export const readClockOffset = single('clock.offset', async (tx, _: null): Promise<Millis> => {
  const row = await tx.get<{ offset: Millis }>('select offset_ms as "offset" from clock_offset where "only" = 1')
  return (row as { offset: Millis }).offset
})

/** Adds to the offset, and answers the new one. */
export const advanceClock = single('clock.advance', async (tx, { ms }: { ms: Millis }): Promise<Millis> => {
  const row = await tx.get<{ offset: Millis }>(
    'update clock_offset set offset_ms = offset_ms + ? where "only" = 1 returning offset_ms as "offset"',
    [ms],
  )
  return (row as { offset: Millis }).offset
})
