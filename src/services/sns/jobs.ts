/** The durable work of SNS: deliveries to the outside, large fan-outs, and what becomes of subscriptions in time. */
import type { JobHandler } from '../../kernel/jobs/jobs.ts'
import type { SnsContext } from './api/context.ts'
import { deliverJob } from './delivering.ts'
import type { Senders } from './senders.ts'
import {
  COLLECT_TOPIC_JOB,
  collectTopic,
  DELIVER_JOB,
  EXPIRE_JOB,
  expireSubscription,
  FAN_OUT_JOB,
  type FanOutPart,
  FORGET_JOB,
  fanOutSlice,
  forgetSubscription,
} from './store.ts'

const DONE = { done: true } as const

export const jobs = (sns: SnsContext, senders: Senders): Readonly<Record<string, JobHandler>> => ({
  [DELIVER_JOB]: deliverJob(sns, senders),

  [FAN_OUT_JOB]: async ({ payload }) => {
    const { keyId } = await sns.signing.current()
    const more = await sns.store.execute(fanOutSlice, { ...(payload as FanOutPart), keyId })
    return more ? { again: sns.clock.now() } : DONE
  },

  [EXPIRE_JOB]: async ({ payload }) => {
    await sns.store.execute(expireSubscription, payload as { subscriptionId: string })
    return DONE
  },

  [FORGET_JOB]: async ({ payload }) => {
    await sns.store.execute(forgetSubscription, payload as { subscriptionId: string })
    return DONE
  },

  [COLLECT_TOPIC_JOB]: async ({ payload }) => {
    const more = await sns.store.execute(collectTopic, payload as { topicId: number })
    return more ? { again: sns.clock.now() } : DONE
  },
})
