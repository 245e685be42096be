/**
 * What a subscriber will never get goes to the dead-letter queue of its subscription: in the form in which the subscriber
 * gets its messages, or as a document where the queue doesn't take that. A queue takes fewer messages raw than a topic does:
 * ten attributes, no control characters, numbers of 38 digits.
 */
import type { Arn } from '../../../kernel/arn.ts'
import type { Settled, Tx } from '../../../kernel/store/store.ts'
import { deliverAll } from '../../../kernel/targets/deliver.ts'
import type { QueueDeliveries } from '../model/queue-delivery.ts'
import type { LiveSubscription } from './snapshot.ts'

/** A message that a subscription's endpoint won't get. */
export interface DeadLetter {
  readonly live: LiveSubscription
  readonly queues: QueueDeliveries
}

/** `none`: there is no dead-letter queue. `refused`: it isn't there, or takes the message in no form. */
export type Redrive = 'redriven' | 'refused' | 'none'

/** All together: a queue that many subscriptions share is written to once. One answer for each, in their order. */
export async function redriveAll(tx: Tx, letters: readonly DeadLetter[]): Promise<Redrive[]> {
  const outcomes = letters.map(({ live }): Redrive => (live.deadLetterArn === undefined ? 'none' : 'refused'))
  const left = [...letters.keys()].filter((at) => outcomes[at] === 'refused')
  const send = async (positions: readonly number[], document: boolean): Promise<Settled<void>[]> => {
    const deliveries = positions.map((at) => {
      const { live, queues } = letters[at] as DeadLetter
      const delivery = document ? queues.documentFor(live) : queues.deliveryTo(live)
      return { arn: live.deadLetterArn as Arn, delivery }
    })
    return deliveries.length === 0 ? [] : deliverAll(tx, deliveries)
  }
  for (const document of [false, true]) {
    const tried = left.filter((at) => outcomes[at] === 'refused' && (!document || letters[at]?.live.raw))
    const settled = await send(tried, document)
    for (const [i, at] of tried.entries()) if (settled[i]?.ok) outcomes[at] = 'redriven'
  }
  return outcomes
}
