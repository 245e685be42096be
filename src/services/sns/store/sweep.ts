/**
 * Cleaning up behind FIFO topics, in slices short enough that nobody waits for them: what deduplication remembered for five
 * minutes, and what an archive keeps no longer.
 */
import { cancel, schedule } from '../../../kernel/jobs/jobs.ts'
import { DEDUPLICATION_WINDOW } from '../../../kernel/store/deduplication.ts'
import { single, type Tx } from '../../../kernel/store/store.ts'
import { shortenArchive } from './archive.ts'
import { acceptedIds } from './publish.ts'
import { holdTopicById } from './topic-row.ts'

export const SWEEP_JOB = 'sns.sweep'

const SLICE = 1_000

/** To be called with every FIFO topic that is created. */
export const scheduleSweep = (tx: Tx, topicId: number): Promise<void> =>
  sweepAt(tx, topicId, tx.now + DEDUPLICATION_WINDOW)

/** To be called when an archive policy changes: some messages may be kept no longer. */
export const sweepNow = (tx: Tx, topicId: number): Promise<void> => sweepAt(tx, topicId, tx.now)

const sweepAt = (tx: Tx, topicId: number, due: number): Promise<void> =>
  schedule(tx, { kind: SWEEP_JOB, key: String(topicId), due, payload: { topicId } })

/** To be called with every topic that is deleted. */
export async function cancelSweep(tx: Tx, topicId: number): Promise<void> {
  await cancel(tx, SWEEP_JOB, String(topicId))
}

/** Cleans one slice of a topic. Answers when the next one is due, or undefined if the topic is gone. */
export const sweepTopic = single(
  'sns.sweepTopic',
  async (tx, { topicId }: { topicId: number }): Promise<number | undefined> => {
    // Held, so that an archive that is just switched on again keeps what is published to it.
    const topic = await holdTopicById(tx, topicId)
    if (topic === undefined) return undefined
    const forgotten = await acceptedIds.forget(tx, topicId, SLICE)
    const deleted = await shortenArchive(tx, topic, SLICE)
    return forgotten === SLICE || deleted === SLICE ? tx.now : tx.now + DEDUPLICATION_WINDOW
  },
)
