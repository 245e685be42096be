/**
 * What one connection does, as a generator: it yields a request and is resumed with the body of its answer, which
 * holds until the next yield. A flow that returns has nothing left to do.
 */
import type { HttpConnection } from './http-client.ts'
import type { Meter } from './meter.ts'
import { BATCH_ENTRIES, type Call, Digits } from './sdk-requests.ts'
import { requireNoFailedMember, type TopicRequests } from './sns-requests.ts'
import { type QueueRequests, readMessages, requireNoFailedEntry } from './sqs-requests.ts'

export type Flow = Generator<Call, void, Buffer>

/** What the connections of a run still have to do. */
export interface Budget {
  /** Messages to be sent by a run that ends by itself. */
  messages: number
  /** How many more were sent than received. */
  surplus: number
}

/** What a flow works with; all connections of a run share the meter and the budget. */
export interface FlowContext {
  readonly requests: QueueRequests
  readonly meter: Meter
  readonly budget: Budget
  /** The connection's number, from 0. */
  readonly connection: number
}

function* send({ requests, meter }: FlowContext): Flow {
  const call = requests.send()
  while (true) {
    yield call
    meter.messages(1)
  }
}

function* sendBatch({ requests, meter, budget }: FlowContext): Flow {
  const call = requests.sendBatch()
  while (budget.messages > 0) {
    budget.messages -= BATCH_ENTRIES
    requireNoFailedEntry(yield call)
    meter.messages(BATCH_ENTRIES)
  }
}

/** A receive may come back empty while others hold what is left; three in a row mean that the queue is drained. */
const EMPTY_RECEIVES_WHEN_DRAINED = 3

function* receiveAndDelete({ requests, meter }: FlowContext): Flow {
  const receive = requests.receive(BATCH_ENTRIES)
  let empty = 0
  while (empty < EMPTY_RECEIVES_WHEN_DRAINED) {
    const messages = readMessages(yield receive)
    if (messages.length === 0) {
      empty++
      meter.emptyReceive()
      continue
    }
    empty = 0
    requireNoFailedEntry(yield requests.deleteBatch(messages))
    meter.messages(messages.length)
  }
}

/**
 * Sends what it receives, by ten: the queue stays as deep as it was found, but for what is on its way. A connection
 * does whichever of the two is behind.
 */
function* churn({ requests, meter, budget }: FlowContext): Flow {
  const send = requests.sendBatch()
  const receive = requests.receive(BATCH_ENTRIES)
  while (budget.messages > 0) {
    if (budget.surplus < 0) {
      budget.messages -= BATCH_ENTRIES
      budget.surplus += BATCH_ENTRIES
      requireNoFailedEntry(yield send)
      continue
    }
    const messages = readMessages(yield receive)
    if (messages.length === 0) {
      meter.emptyReceive()
      budget.surplus -= BATCH_ENTRIES // what an earlier run took at its very end is made up for
      continue
    }
    budget.surplus -= messages.length
    requireNoFailedEntry(yield requests.deleteBatch(messages))
    meter.messages(messages.length)
  }
}

function* cycle({ requests, meter }: FlowContext): Flow {
  const send = requests.send()
  const receive = requests.receive(1)
  while (true) {
    yield send
    yield* receiveAndDeleteOne(requests, receive, meter)
  }
}

const GROUPS = 1000
/** Spreads the connections over the groups: a prime step visits every group before it repeats. */
const GROUP_STEP = 17

function* fifoCycle({ requests, meter, connection }: FlowContext): Flow {
  const send = requests.sendFifo('group-GGGG', `${connection}-DDDDDDDDDD`)
  const group = new Digits(send.data, 'GGGG')
  const deduplication = new Digits(send.data, 'DDDDDDDDDD')
  const receive = requests.receive(1)
  for (let sent = 0; ; sent++) {
    group.write(((connection + sent) * GROUP_STEP) % GROUPS)
    deduplication.write(sent)
    yield send
    yield* receiveAndDeleteOne(requests, receive, meter)
  }
}

/** Another connection may hold the message's group: then the message is left to a later receive. */
function* receiveAndDeleteOne(requests: QueueRequests, receive: Call, meter: Meter): Flow {
  const [message] = readMessages(yield receive)
  if (message === undefined) return meter.emptyReceive()
  yield requests.delete(message)
  meter.messages(1)
}

export const flows = { send, sendBatch, receiveAndDelete, churn, cycle, fifoCycle }
export type FlowName = keyof typeof flows

/** What a flow to a topic works with. */
export interface TopicFlowContext {
  readonly requests: TopicRequests
  readonly meter: Meter
}

function* publish({ requests, meter }: TopicFlowContext): Flow {
  yield* publishOver(requests.publish(), meter)
}

function* publishWithAttribute({ requests, meter }: TopicFlowContext): Flow {
  yield* publishOver(requests.publishWithAttribute(), meter)
}

function* publishOver(call: Call, meter: Meter): Flow {
  while (true) {
    yield call
    meter.messages(1)
  }
}

function* publishBatch({ requests, meter }: TopicFlowContext): Flow {
  const call = requests.publishBatch()
  while (true) {
    requireNoFailedMember(yield call)
    meter.messages(BATCH_ENTRIES)
  }
}

export const topicFlows = { publish, publishWithAttribute, publishBatch }
export type TopicFlowName = keyof typeof topicFlows

/** A single request. */
export function* once(call: Call): Flow {
  yield call
}

/** What a run keeps going. */
export interface Load {
  /** Resolves when there is nothing left to do, rejects when a request failed. */
  readonly ended: Promise<unknown>
  stop(): void
}

/**
 * Runs a flow over a connection until it returns. Rejects on an answer that isn't a success: a run with a failed
 * request measures something else.
 */
export function drive(connection: HttpConnection, flow: Flow, meter: Meter): Promise<void> {
  return new Promise((resolve, reject) => {
    let operation = ''
    let sentAt = 0
    const proceed = (next: IteratorResult<Call, void>) => {
      if (next.done) return resolve()
      operation = next.value.operation
      sentAt = performance.now()
      connection.request(next.value.data, onAnswer)
    }
    const onAnswer = (status: number, body: Buffer) => {
      meter.answered(operation, performance.now() - sentAt)
      try {
        if (status !== 200) throw new Error(`${operation} answered ${status}: ${body.toString('utf8', 0, 300)}`)
        proceed(flow.next(body))
      } catch (error) {
        reject(error)
      }
    }
    proceed(flow.next())
  })
}
