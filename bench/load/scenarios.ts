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
  /** Two nodes over one store that both can use; the connections are shared out between them. */
  readonly twoNodes?: true
  /** The name of the scenario that this one is with one node. */
  readonly twin?: string
  /** One sender and one receiver, each on a node of its own, for at least so long: little happens in a second. */
  readonly pairSeconds?: number
  /** The receiver's node hears nothing from the sender's. */
  readonly deaf?: true
}

export const scenarios: readonly Scenario[] = [
  { name: 'send', title: 'SendMessage', flow: 'send', deep: true },
  { name: 'batch', title: 'SendMessageBatch of 10', flow: 'sendBatch', deep: true },
  { name: 'receive', title: 'receive + delete by ten', flow: 'receiveAndDelete', filled: true, deep: true },
  { name: 'cycle', title: 'send, receive, delete one', flow: 'cycle' },
  { name: 'fifo', title: 'FIFO send, receive, delete', flow: 'fifoCycle', fifo: true },
  { name: 'delivery', title: 'long-poll delivery, 1,000/s', flow: 'delivery' },
  { name: 'send-2', title: 'SendMessage, two nodes', flow: 'send', twoNodes: true, twin: 'send' },
  {
    name: 'receive-2',
    title: 'receive + delete by ten, two nodes',
    flow: 'receiveAndDelete',
    filled: true,
    twoNodes: true,
    twin: 'receive',
  },
  {
    name: 'delivery-2',
    title: 'long-poll delivery across nodes, 1,000/s',
    flow: 'delivery',
    twoNodes: true,
  },
  { name: 'wake', title: 'wake-up across nodes', flow: 'wakeUps', twoNodes: true, pairSeconds: 20 },
  {
    name: 'wake-lost',
    title: 'wake-up across nodes, notification lost',
    flow: 'wakeUps',
    twoNodes: true,
    pairSeconds: 20,
    deaf: true,
  },
]

/** Measured besides the scenarios. */
export const START_UP = 'startup'
export const DEEP = 'deep'
export const CHURN = 'churn'

/** All that can be measured, whether or not nodes share their store; the churn only when it is asked for. */
export const namesOf = (isShared: boolean): string[] => [
  START_UP,
  ...scenarios.filter(({ twoNodes }) => isShared || !twoNodes).map(({ name }) => name),
  DEEP,
  ...(isShared ? [CHURN] : []),
]
