import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch } from './batch.ts'
import { expectRefusal } from './expect-refusal.ts'
import { MAX_MESSAGE_BYTES } from './publish.ts'

type Entry = Parameters<typeof checkBatch>[0][number]

const entry = (Id: string, members: Partial<Entry> = {}): Entry => ({ Id, Message: 'm', ...members })
const many = (count: number) => Array.from({ length: count }, (_, i) => entry(`id-${i}`))
const tooLong = (Id: string) => `The Id of a batch entry in the batch request is too long: ${Id}`
const impermissible = (Id: string) =>
  `The Id of a batch entry in the batch request contains an impermissible character: ${Id}`
const half = 'x'.repeat(MAX_MESSAGE_BYTES / 2)

const refused: readonly { name: string; entries: Entry[]; fifo?: true; code: string; message: string }[] = [
  {
    name: 'no entries',
    entries: [],
    code: 'EmptyBatchRequestException',
    message: "The batch request doesn't contain any entries.",
  },
  {
    name: 'eleven entries',
    entries: many(11),
    code: 'TooManyEntriesInBatchRequestException',
    message: 'The batch request contains more entries than permissible.',
  },
  {
    name: 'one id twice',
    entries: [entry('a'), entry('b'), entry('a')],
    code: 'BatchEntryIdsNotDistinctException',
    message: 'Two or more batch entries in the request have the same Id.',
  },
  ...['a.b', 'a b', '', 'é', 'a\n'].map((Id) => ({
    name: `the id ${JSON.stringify(Id)}`,
    entries: [entry('fine'), entry(Id)],
    code: 'InvalidBatchEntryIdException',
    message: impermissible(Id),
  })),
  {
    name: 'an id of 81 characters',
    entries: [entry('x'.repeat(81))],
    code: 'InvalidBatchEntryIdException',
    message: tooLong('x'.repeat(81)),
  },
  {
    name: 'too much text',
    entries: [entry('a', { Message: half }), entry('b', { Message: `${half}x` })],
    code: 'BatchRequestTooLongException',
    message: 'The length of all the messages put together is more than the limit.',
  },
  {
    name: 'too much with its attributes',
    entries: [
      entry('a', { Message: half }),
      entry('b', { Message: half, MessageAttributes: { a: { DataType: 'String', StringValue: 'v' } } }),
    ],
    code: 'BatchRequestTooLongException',
    message: 'The length of all the messages put together is more than the limit.',
  },
  {
    name: 'an empty message',
    entries: [entry('a'), entry('b', { Message: '' })],
    code: 'InvalidParameterException',
    message: 'Invalid parameter: Empty message',
  },
  {
    name: 'an attribute without a value',
    entries: [entry('a'), entry('b', { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } })],
    code: 'InvalidParameterValueException',
    message:
      "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  },
  {
    name: 'a deduplication id on a standard topic',
    entries: [entry('a', { MessageDeduplicationId: 'd' })],
    code: 'InvalidParameterException',
    message:
      'Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter ' +
      'that is not valid for this topic type',
  },
  {
    name: 'no group on a FIFO topic',
    entries: [entry('a', { MessageGroupId: 'g' }), entry('b')],
    fifo: true,
    code: 'InvalidParameterException',
    message: 'Invalid parameter: The MessageGroupId parameter is required for FIFO topics',
  },
  {
    name: 'one id twice, and not a legal one',
    entries: [entry('a b'), entry('a b')],
    code: 'BatchEntryIdsNotDistinctException',
    message: 'Two or more batch entries in the request have the same Id.',
  },
]
for (const { name, entries, fifo, code, message } of refused) {
  test(`a batch with ${name} is refused`, () => expectRefusal(() => checkBatch(entries, fifo ?? false), code, message))
}

test('batches in order pass', () => {
  checkBatch(many(10), false)
  checkBatch([entry('x'.repeat(80)), entry('A'), entry('a'), entry('_-9')], false)
  checkBatch([entry('a', { Message: half }), entry('b', { Message: half })], false)
  checkBatch([entry('a', { MessageGroupId: 'g', MessageDeduplicationId: 'd' })], true)
})

test('each entry has its own texts by protocol', () =>
  assert.deepEqual(
    checkBatch([entry('a'), entry('b', { Message: '{"default":"d"}', MessageStructure: 'json' })], false),
    [undefined, { default: 'd' }],
  ))
