/**
 * A moderate load at a fixed rate, on a queue that stays as deep as it is: rounds of sending ten messages, receiving ten
 * and deleting those. It shows how long a receive takes when nothing is saturated.
 */
import { drive, type Flow, type Load } from './flows.ts'
import type { HttpConnection } from './http-client.ts'
import type { Meter } from './meter.ts'
import { atRate } from './pace.ts'
import { BATCH_ENTRIES } from './sdk-requests.ts'
import { type QueueRequests, readMessages, requireNoFailedEntry } from './sqs-requests.ts'

const ROUNDS_PER_SECOND = 100
/** The name of the figure in the meter. */
export const RECEIVE = 'ReceiveMessage'

/** Runs until `stop`. `ended` rejects when a request failed. A round that finds every connection busy waits for one. */
export function startSteady(connections: readonly HttpConnection[], requests: QueueRequests, meter: Meter): Load {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const idle = [...connections]
  let waiting = 0
  const begin = () => {
    for (let connection = idle.at(-1); waiting > 0 && connection !== undefined; connection = idle.at(-1)) {
      idle.pop()
      waiting--
      run(connection)
    }
  }
  const run = (connection: HttpConnection) => {
    const done = () => {
      idle.push(connection)
      begin()
    }
    drive(connection, round(requests, meter), meter).then(done, reject)
  }
  const stop = atRate(ROUNDS_PER_SECOND, (count) => {
    waiting += count
    begin()
  })
  return { ended, stop }
}

function* round(requests: QueueRequests, meter: Meter): Flow {
  requireNoFailedEntry(yield requests.sendBatch())
  const messages = readMessages(yield requests.receive(BATCH_ENTRIES))
  if (messages.length === 0) return meter.emptyReceive()
  requireNoFailedEntry(yield requests.deleteBatch(messages))
  meter.messages(messages.length)
}
