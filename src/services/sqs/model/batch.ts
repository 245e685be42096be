/**
 * Batches: what makes a whole request fail, in the order in which SQS looks, and how one entry's failure is reported.
 */
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import type { PlainServiceError } from '../../../kernel/service-error.ts'
import { missingParameter, modelled } from '../errors.ts'

/** Batch operations by the name under which errors speak of their entries. */
export type EntryKind =
  | 'SendMessageBatchRequestEntry'
  | 'DeleteMessageBatchRequestEntry'
  | 'ChangeMessageVisibilityBatchRequestEntry'

const MAX_ENTRIES = 10
/** A constant of the API, not the queue's MaximumMessageSize. */
const MAX_BATCH_BYTES = 1_048_576

const ENTRY_ID = /^[\w-]{1,80}$/

/** How errors name a parameter of the entry at `index` (from 0): `SendMessageBatchRequestEntry.1.MessageBody`. */
export const entryParameter = (kind: EntryKind, index: number, parameter: string) => `${kind}.${index + 1}.${parameter}`

interface Entry {
  readonly Id: string | undefined
}

/** Throws what is wrong with a batch as a whole, but for its size. */
export function checkBatch(kind: EntryKind, entries: readonly Entry[] | undefined): void {
  if (entries === undefined) throw missingParameter('Entries')
  if (entries.length === 0) {
    throw modelled('EmptyBatchRequest', `There should be at least one ${kind} in the request.`)
  }
  if (entries.length > MAX_ENTRIES) throw tooManyEntries(entries.length)
  const nameless = entries.findIndex(({ Id }) => Id === undefined)
  if (nameless >= 0) throw missingParameter(entryParameter(kind, nameless, 'Id'))
  const ids = entries.map(({ Id }) => Id as string)
  if (!ids.every((id) => ENTRY_ID.test(id))) {
    throw modelled(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
        'It can be at most 80 letters long.',
    )
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) < index)
  if (repeated !== undefined) throw modelled('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`)
}

export const tooManyEntries = (sent: number) =>
  modelled(
    'TooManyEntriesInBatchRequest',
    `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${sent}.`,
  )

/** Throws BatchRequestTooLong if the messages of a batch are too big together. */
export function checkBatchSize(totalBytes: number): void {
  if (totalBytes > MAX_BATCH_BYTES) {
    throw modelled(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${totalBytes} bytes.`,
    )
  }
}

/** The report of an entry that failed while others may have succeeded. */
export const failedEntry = (id: string, error: PlainServiceError): BatchResultErrorEntry => ({
  Id: id,
  SenderFault: (error.status ?? 400) < 500,
  Code: error.code,
  Message: error.message,
})
