/** What is done with receipt handles: DeleteMessage, ChangeMessageVisibility, and their batches. */
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { missingParameter } from '../errors.ts'
import { checkBatch, type EntryKind, entryParameter, failedEntry } from '../model/batch.ts'
import { decodeReceiptHandle } from '../model/receipt-handle.ts'
import { checkTotalVisibility, checkVisibilityTimeout } from '../model/visibility.ts'
import { changeVisibility, deleteMessages, type HeldReceipt, type ReceiptOutcome } from '../store.ts'
import { addressOf, checked, type SQS, type SqsContext } from './context.ts'

const DELETE = 'DeleteMessageBatchRequestEntry'
const CHANGE = 'ChangeMessageVisibilityBatchRequestEntry'

export const receipts = (sqs: SqsContext) =>
  ({
    async DeleteMessage({ QueueUrl, ReceiptHandle }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const receipt = await checked(sqs, queue, () => receiptOf(ReceiptHandle))
      const [outcome] = await sqs.store.execute(deleteMessages, { queue, receipts: [receipt] })
      throwIfRefused(outcome)
      sqs.counts.deleted.inc()
      return {}
    },

    async DeleteMessageBatch({ QueueUrl, Entries }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const batch = await checked(sqs, queue, () =>
        readBatch(DELETE, Entries, ({ ReceiptHandle }, at) =>
          receiptOf(ReceiptHandle, entryParameter(DELETE, at, 'ReceiptHandle')),
        ),
      )
      const outcomes = await sqs.store.execute(deleteMessages, { queue, receipts: [...batch.accepted.values()] })
      const results = batchResult(Entries, batch, outcomes)
      sqs.counts.deleted.inc(results.Successful?.length ?? 0)
      return results
    },

    async ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const change = await checked(sqs, queue, () => changeOf(sqs, ReceiptHandle, VisibilityTimeout))
      const [outcome] = await sqs.store.execute(changeVisibility, { queue, changes: [change] })
      throwIfRefused(outcome)
      return {}
    },

    async ChangeMessageVisibilityBatch({ QueueUrl, Entries }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const batch = await checked(sqs, queue, () =>
        readBatch(CHANGE, Entries, ({ ReceiptHandle, VisibilityTimeout }, at) =>
          changeOf(sqs, ReceiptHandle, VisibilityTimeout, (parameter) => entryParameter(CHANGE, at, parameter)),
        ),
      )
      const outcomes = await sqs.store.execute(changeVisibility, { queue, changes: [...batch.accepted.values()] })
      return batchResult(Entries, batch, outcomes)
    },
  }) satisfies PartialHandlers<SQS>

function receiptOf(handle: string | undefined, parameter = 'ReceiptHandle'): HeldReceipt {
  if (handle === undefined) throw missingParameter(parameter)
  return { handle, ...decodeReceiptHandle(handle) }
}

function changeOf(
  { clock }: SqsContext,
  handle: string | undefined,
  seconds: number | undefined,
  nameOf = (parameter: string) => parameter,
) {
  const receipt = receiptOf(handle, nameOf('ReceiptHandle'))
  if (seconds === undefined) throw missingParameter(nameOf('VisibilityTimeout'))
  checkVisibilityTimeout(seconds)
  checkTotalVisibility(seconds, receipt.receivedAt, clock.now())
  return { receipt, timeoutMs: seconds * 1000 }
}

function throwIfRefused(outcome: ReceiptOutcome | undefined): void {
  if (outcome) throw ServiceError.fromPlain(outcome)
}

interface Batch<T> {
  /** What goes to the store, by the place of its entry. */
  readonly accepted: ReadonlyMap<number, T>
  readonly refused: ReadonlyMap<number, ServiceError>
}

interface Entry {
  readonly Id: string
  readonly ReceiptHandle: string
  readonly VisibilityTimeout?: number
}

function readBatch<T>(kind: EntryKind, entries: readonly Entry[], read: (entry: Entry, at: number) => T): Batch<T> {
  checkBatch(kind, entries)
  const accepted = new Map<number, T>()
  const refused = new Map<number, ServiceError>()
  for (const [at, entry] of entries.entries()) {
    try {
      accepted.set(at, read(entry, at))
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      refused.set(at, error)
    }
  }
  return { accepted, refused }
}

function batchResult<T>(
  entries: readonly Entry[],
  { accepted, refused }: Batch<T>,
  outcomes: readonly ReceiptOutcome[],
) {
  const errors = new Map(refused)
  for (const [i, at] of [...accepted.keys()].entries()) {
    const outcome = outcomes[i]
    if (outcome) errors.set(at, ServiceError.fromPlain(outcome))
  }
  const Successful: { Id: string }[] = []
  const Failed: BatchResultErrorEntry[] = []
  for (const [at, { Id }] of entries.entries()) {
    const error = errors.get(at)
    if (error === undefined) Successful.push({ Id })
    else Failed.push(failedEntry(Id, error))
  }
  return { Successful: Successful.length > 0 ? Successful : undefined, Failed: Failed.length > 0 ? Failed : undefined }
}
