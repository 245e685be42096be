/** The loads that SQS is measured under. Some run again on a queue that already holds many messages. */
import { fifoQueue, standardQueue } from './queue.ts'
import type { Scenario } from './scenario.ts'

export const SEND: Scenario = { name: 'send', title: 'SendMessage', on: standardQueue, flow: 'send' }
const BATCH: Scenario = { name: 'batch', title: 'SendMessageBatch of 10', on: standardQueue, flow: 'sendBatch' }
const RECEIVE: Scenario = {
  name: 'receive',
  title: 'receive + delete by ten',
  on: standardQueue,
  flow: 'receiveAndDelete',
  filled: true,
}

export const scenarios: readonly Scenario[] = [
  SEND,
  BATCH,
  RECEIVE,
  { name: 'cycle', title: 'send, receive, delete one', on: standardQueue, flow: 'cycle' },
  { name: 'fifo', title: 'FIFO send, receive, delete', on: fifoQueue, flow: 'fifoCycle' },
  { name: 'delivery', title: 'long-poll delivery, 1,000/s', on: standardQueue, flow: 'delivery' },
  { ...SEND, name: 'send-2', title: 'SendMessage, two nodes', twoNodes: true, twin: 'send' },
  { ...RECEIVE, name: 'receive-2', title: 'receive + delete by ten, two nodes', twoNodes: true, twin: 'receive' },
  {
    name: 'delivery-2',
    title: 'long-poll delivery across nodes, 1,000/s',
    on: standardQueue,
    flow: 'delivery',
    twoNodes: true,
  },
  {
    name: 'wake',
    title: 'wake-up across nodes',
    on: standardQueue,
    flow: 'wakeUps',
    twoNodes: true,
    pairSeconds: 20,
  },
  {
    name: 'wake-lost',
    title: 'wake-up across nodes, notification lost',
    on: standardQueue,
    flow: 'wakeUps',
    twoNodes: true,
    pairSeconds: 20,
    deaf: true,
  },
]

export const deepName = (name: string): string => `${name}-deep`

/** Those on the queue that holds many messages, beside the same on an empty one. */
export const deepScenarios: readonly Scenario[] = [SEND, BATCH, RECEIVE].map((scenario) => ({
  ...scenario,
  name: deepName(scenario.name),
  title: `${scenario.title}, deep`,
  filled: undefined,
  twin: scenario.name,
}))
