/** How nodes learn that everything was deleted: what they remember of it must go too. */
import { single } from './store.ts'

export const RESET_CHANNEL = 'reset'

/** To be called after a reset. */
export const announceReset = single('store.announceReset', async (tx, _: null): Promise<void> => {
  tx.wake(RESET_CHANNEL, '')
})
