/**
 * The durable work of SNS: deliveries to the outside, large fan-outs, replays, and what becomes of topics and subscriptions
 * in time.
 */
import type { JobHandler } from '../../kernel/jobs/jobs.ts'
import type { SnsContext } from './api/context.ts'
import type { Deliveries } from './delivering.ts'
import { reportFanOut } from './status-log.ts'
import {
  COLLECT_APPLICATION_JOB,
  COLLECT_TOPIC_JOB,
  collectApplication,
  collectTopic,
  DELIVER_JOB,
  EXPIRE_JOB,
  expireSubscription,
  FAN_OUT_JOB,
  type FanOutPart,
  FORGET_JOB,
  fanOutSlice,
  forgetSubscription,
  REPLAY_JOB,
  type ReplayPart,
  replaySlice,
  SWEEP_JOB,
  sweepTopic,
} from './store.ts'

const DONE = { done: true } as const
/** Replays that a node works on at once: each takes turns with all that is published. */
const REPLAYS = 4

export const jobs = (sns: SnsContext, deliveries: Deliveries): Readonly<Record<string, JobHandler>> => ({
  [DELIVER_JOB]: deliveries.job,

  [FAN_OUT_JOB]: async ({ payload }) => {
    const { keyId } = await sns.signing.current()
    const { more, report } = await sns.store.execute(fanOutSlice, { ...(payload as FanOutPart), keyId })
    reportFanOut(sns, report)
    return more ? { again: sns.clock.now() } : DONE
  },

  [REPLAY_JOB]: {
    concurrency: REPLAYS,
    run: async ({ payload }) => {
      const { keyId } = await sns.signing.current()
      const { more, report } = await sns.store.execute(replaySlice, { ...(payload as ReplayPart), keyId })
      reportFanOut(sns, report)
      return more ? { again: sns.clock.now() } : DONE
    },
  },

  [SWEEP_JOB]: async ({ payload }) => {
    const due = await sns.store.execute(sweepTopic, payload as { topicId: number })
    return due === undefined ? DONE : { again: due }
  },

  [EXPIRE_JOB]: async ({ payload }) => {
    await sns.store.execute(expireSubscription, payload as { subscriptionId: string })
    return DONE
  },

  [FORGET_JOB]: async ({ payload }) => {
    await sns.store.execute(forgetSubscription, payload as { subscriptionId: string })
    return DONE
  },

  [COLLECT_APPLICATION_JOB]: async ({ payload }) => {
    const more = await sns.store.execute(collectApplication, payload as { applicationId: number })
    return more ? { again: sns.clock.now() } : DONE
  },

  [COLLECT_TOPIC_JOB]: async ({ payload }) => {
    const more = await sns.store.execute(collectTopic, payload as { topicId: number })
    return more ? { again: sns.clock.now() } : DONE
  },
})
