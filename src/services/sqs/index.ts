/** The door of SQS. */
import type { Caller, Kernel, RunningService, Service } from '../../kernel/kernel.ts'
import type { Operation } from '../../kernel/protocol/schema.ts'
import { RESET_CHANNEL } from '../../kernel/store/reset.ts'
import { Wakers } from '../../kernel/wakers/wakers.ts'
import { api } from './api.ts'
import { invalidAction, missingParameter } from './errors.ts'
import { jobs } from './jobs.ts'
import { sqsMetrics } from './metrics.ts'
import { tooManyEntries } from './model/batch.ts'
import { parseQueuePath } from './model/queue-url.ts'
import { deliverToQueue, WAKE_CHANNEL } from './store.ts'

export const sqs: Service = {
  id: 'sqs',
  commands: new URL('./store.ts', import.meta.url),
  migrations: new URL('./migrations/', import.meta.url),
  start,
}

function start(kernel: Kernel): RunningService {
  const wakers = new Wakers(kernel.clock)
  kernel.store.onWake(WAKE_CHANNEL, (key, count) => wakers.wake(key, count))
  kernel.store.onMissedWakes(() => wakers.lookAgain())
  kernel.store.onWake(RESET_CHANNEL, () => wakers.lookAgain())
  const context = { ...kernel, wakers, counts: sqsMetrics(kernel) }
  return {
    handlers: api(context),
    /** A message or a batch of 1 MiB, and ids, names and tags, which don't count. */
    maxInputBytes: 1_048_576 + 65_536,
    tooMany: refuseLongBatch,
    missing: requireMembers,
    prepare(operation, input, caller) {
      takeQueueFromPath(operation, input, caller)
      if (caller.protocol === 'query') takeAbsentForEmpty(operation, input)
    },
    jobs: jobs(kernel),
    targets: { sqs: { command: deliverToQueue } },
    drain: () => wakers.drain(),
  }
}

/** Members whose absence has a sentence of its own, which the handler says. */
const MISSED_BY_HANDLER: ReadonlySet<string> = new Set([
  'AddPermission.AWSAccountIds',
  'CreateQueue.QueueName',
  'SetQueueAttributes.Attributes',
])

/** What the entries of a batch lack (`Entries.1.Id`), its handler answers for too. */
function requireMembers({ name }: Operation, paths: readonly string[]) {
  const first = paths.find((path) => !path.includes('.') && !MISSED_BY_HANDLER.has(`${name}.${path}`))
  return first === undefined ? undefined : missingParameter(first)
}

function refuseLongBatch({ name }: Operation, member: string, count: number) {
  return member === 'Entries' && name.endsWith('Batch') ? tooManyEntries(count) : undefined
}

/** Operations that are not about one queue, and so are refused at a queue's own URL. */
const NOT_AT_A_QUEUE: ReadonlySet<string> = new Set(['CreateQueue', 'ListQueues'])

/** A form can't say that a batch is empty: one without entries is. */
function takeAbsentForEmpty(operation: Operation, input: Record<string, unknown>): void {
  if (input.Entries === undefined && takes(operation, 'Entries')) input.Entries = []
}

const takes = (operation: Operation, member: string) => operation.input.members?.some(({ name }) => name === member)

/** A request to a queue's own URL is about that queue, unless it names another. */
function takeQueueFromPath(
  operation: Operation,
  input: Record<string, unknown>,
  { path, protocol, origin }: Caller,
): void {
  if (path === '/' || path === '') return
  if (parseQueuePath(path) === undefined) return
  if (protocol === 'query' && NOT_AT_A_QUEUE.has(operation.name)) throw invalidAction(operation.name)
  if (input.QueueUrl === undefined && takes(operation, 'QueueUrl')) input.QueueUrl = origin + path
}
