/**
 * The loads that SQS is measured under. Each runs on a new, empty queue, of a new server where the server is ours; a
 * `deep` one runs again on a queue that already holds many messages.
 */
import type { Run } from './generator.ts'

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly flow: Run['flow']
  readonly fifo?: true
  /** The queue is first filled for as long as the scenario will last. */
  readonly filled?: true
  readonly deep?: true
}

export const scenarios: readonly Scenario[] = [
  { name: 'send', title: 'SendMessage', flow: 'send', deep: true },
  { name: 'batch', title: 'SendMessageBatch of 10', flow: 'sendBatch', deep: true },
  { name: 'receive', title: 'receive + delete by ten', flow: 'receiveAndDelete', filled: true, deep: true },
  { name: 'cycle', title: 'send, receive, delete one', flow: 'cycle' },
  { name: 'fifo', title: 'FIFO send, receive, delete', flow: 'fifoCycle', fifo: true },
  { name: 'delivery', title: 'long-poll delivery, 1,000/s', flow: 'delivery' },
]

/** Measured besides the scenarios. */
export const START_UP = 'startup'
export const DEEP = 'deep'
export const names: readonly string[] = [START_UP, ...scenarios.map(({ name }) => name), DEEP]
