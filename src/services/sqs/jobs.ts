/** The durable work of SQS: sweeping queues, collecting what purges left, and moving messages. */
import type { JobHandler } from '../../kernel/jobs/jobs.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import {
  type AbandonedBacklog,
  COLLECT_JOB,
  collectBacklog,
  MOVE_JOB,
  moveSlice,
  SWEEP_JOB,
  sweepQueue,
} from './store.ts'

export const jobs = ({ store }: Kernel): Readonly<Record<string, JobHandler>> => ({
  [SWEEP_JOB]: async ({ payload }) => next(await store.execute(sweepQueue, payload as { queueId: number })),

  [COLLECT_JOB]: async ({ payload }) => next(await store.execute(collectBacklog, payload as AbandonedBacklog)),

  [MOVE_JOB]: async ({ payload }) => next(await store.execute(moveSlice, payload as { taskId: string })),
})

/** A slice was done: the next one is due at that time, or there is none. */
const next = (due: number | undefined) => (due === undefined ? { done: true as const } : { again: due })
