/** Inputs of operations as a schema allows them, and as it doesn't: any member may be absent, extreme or of another type. */
import fc from 'fast-check'
import type { Operation, Shape, StructShape } from '../../../src/kernel/protocol/schema.ts'

/** Texts that mean something to SQS or to what is below it, beside any text. */
const TEXTS = [
  '',
  'q',
  'q.fifo',
  'none',
  'http://127.0.0.1/000000000000/q',
  'http://sqs.eu-west-1.amazonaws.com/000000000000/q',
  'http://',
  '//',
  'arn:aws:sqs:us-east-1:000000000000:q',
  'arn:aws:sns:us-east-1:000000000000:q',
  'arn:::::',
  'All',
  '.*',
  'String',
  'Number',
  'Binary',
  'true',
  '30',
  '-1',
  '1e400',
  '9'.repeat(40),
  'null',
  '{}',
  '[]',
  '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q","maxReceiveCount":1}',
  '{"redrivePermission":"byQueue","sourceQueueArns":[7]}',
  '{"Statement":[{"Effect":"Allow","Action":7,"Principal":null}]}',
  'eyJ0YXNrSWQiOiIxIiwic291cmNlQXJuIjoiYXJuIn0=',
  '__proto__',
  'constructor',
  'toString',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\ufffe',
  '\u202e',
  '😀'.repeat(300),
  'x'.repeat(70_000),
  "' or 1=1; --",
  '%',
  '?',
]

/** Attributes that would make a later request wait are left out: what hangs is then a mistake. */
const ATTRIBUTES = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'VisibilityTimeout',
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'KmsMasterKeyId',
  'SqsManagedSseEnabled',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'QueueArn',
]

const INTEGERS = [0, 1, -1, 10, 11, 900, 43_200, 43_201, 2 ** 31, 2 ** 53, 1e300, -1e300, 0.5, 1e-320]

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
)
const queueUrl = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('q', 'http://127.0.0.1/000000000000/q.fifo') },
  { weight: 1, arbitrary: text },
)
const attributeName = fc.oneof(fc.constantFrom(...ATTRIBUTES), text)
const integer = fc.oneof(fc.constantFrom(...INTEGERS), fc.integer())
const base64 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const anything = fc.jsonValue({ maxDepth: 3 })

/** Any object that JSON can hold, with the operation's members in it or not, of their types or not. */
export const inputOf = ({ input }: Operation): fc.Arbitrary<Record<string, unknown>> => structure(input, 20)

/** One member in `typed` + 1 is of whatever type. */
function value(shape: Shape, typed: number): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: typed, arbitrary: wellTyped(shape, typed) },
    { weight: 1, arbitrary: fc.oneof(anything, text) },
  )
}

function wellTyped(shape: Shape, typed: number): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'struct':
      return structure(shape, typed)
    case 'list':
      return fc.array(value(shape.item.shape, typed), { maxLength: 12 })
    case 'map':
      return fc
        .array(fc.tuple(attributeName, value(shape.value.shape, typed)), { maxLength: 12 })
        .map((entries) => Object.fromEntries(entries))
    case 'integer':
      return integer
    case 'boolean':
      return fc.boolean()
    case 'blob':
      return fc.oneof(base64, text)
    default:
      return text
  }
}

/** Each member is more often there than not. A receive never waits. */
function structure({ members }: StructShape, typed: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = members.map(({ name, shape }) => {
    if (name === 'WaitTimeSeconds') return [name, fc.constantFrom(0, -1, 21, 'x', [], {}, 2 ** 31)] as const
    const arbitrary = name === 'QueueUrl' ? queueUrl : value(shape, typed)
    return [name, fc.option(arbitrary, { nil: undefined, freq: 6 })] as const
  })
  return fc.record(Object.fromEntries(fields))
}
