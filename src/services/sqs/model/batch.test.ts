import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidMessageContents, receiptHandleIsInvalid } from '../errors.ts'
import { checkBatch, checkBatchSize, type EntryKind, entryParameter, failedEntry } from './batch.ts'
import { expectRefusal } from './expect-refusal.ts'

const entries = (...ids: (string | undefined)[]) => ids.map((Id) => ({ Id }))
const many = (count: number) => entries(...Array.from({ length: count }, (_, i) => `id-${i}`))
const badId =
  'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
  'It can be at most 80 letters long.'

for (const kind of [
  'SendMessageBatchRequestEntry',
  'DeleteMessageBatchRequestEntry',
  'ChangeMessageVisibilityBatchRequestEntry',
] satisfies EntryKind[]) {
  const refused = [
    { given: undefined, code: 'MissingParameter', message: 'The request must contain the parameter Entries.' },
    { given: [], code: 'EmptyBatchRequest', message: `There should be at least one ${kind} in the request.` },
    {
      given: many(11),
      code: 'TooManyEntriesInBatchRequest',
      message: 'Maximum number of entries per request are 10. You have sent 11.',
    },
    {
      given: entries('a', undefined),
      code: 'MissingParameter',
      message: `The request must contain the parameter ${kind}.2.Id.`,
    },
    { given: entries('a', ''), code: 'InvalidBatchEntryId', message: badId },
    { given: entries('a.b'), code: 'InvalidBatchEntryId', message: badId },
    { given: entries('x'.repeat(81)), code: 'InvalidBatchEntryId', message: badId },
    { given: entries('a', 'b', 'b', 'a'), code: 'BatchEntryIdsNotDistinct', message: 'Id b repeated.' },
    { given: entries('a b', 'a b'), code: 'InvalidBatchEntryId', message: badId },
    {
      given: entries('a', 'a', undefined),
      code: 'MissingParameter',
      message: `The request must contain the parameter ${kind}.3.Id.`,
    },
  ]
  for (const { given, code, message } of refused) {
    test(`${kind}: ${code}: ${message}`, () => expectRefusal(() => checkBatch(kind, given), code, message))
  }
  test(`${kind}: batches in order pass`, () => {
    checkBatch(kind, entries('x'.repeat(80)))
    checkBatch(kind, entries('a', 'A', '_-9'))
    checkBatch(kind, many(10))
  })
}

test('a batch of 1 MiB passes, a byte more does not', () => {
  checkBatchSize(1_048_576)
  expectRefusal(
    () => checkBatchSize(1_048_577),
    'BatchRequestTooLong',
    'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
  )
})

test('entries are counted from 1', () =>
  assert.equal(
    entryParameter('SendMessageBatchRequestEntry', 0, 'MessageBody'),
    'SendMessageBatchRequestEntry.1.MessageBody',
  ))

test('a failed entry tells code and sentence', () => {
  assert.deepEqual(failedEntry('a', receiptHandleIsInvalid('h')), {
    Id: 'a',
    SenderFault: true,
    Code: 'ReceiptHandleIsInvalid',
    Message: 'The input receipt handle "h" is not a valid receipt handle.',
  })
  assert.equal(failedEntry('b', invalidMessageContents().toPlain()).Code, 'InvalidMessageContents')
  assert.equal(failedEntry('c', { code: 'InternalFailure', message: '', status: 500 }).SenderFault, false)
})
