import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as SQS from '@aws-sdk/client-sqs'
import type * as STS from '@aws-sdk/client-sts'
import type { AnyHandler } from '../kernel.ts'
import { errorsOf, type Handler, type HandlerInput, type Handlers, type PartialHandlers } from './types.ts'

type Sqs = typeof SQS

/** The compiler is the test here: each `@ts-expect-error` fails the type check if its line is accepted. */
test('handlers are typed by the SDK', () => {
  const handlers: PartialHandlers<Sqs> = {
    SendMessage: ({ QueueUrl, MessageBody, DelaySeconds }, { requestId }) => ({
      MessageId: `${QueueUrl.length}${MessageBody.length}${DelaySeconds ?? 0}`,
      MD5OfMessageBody: requestId,
    }),
    DeleteMessageBatch: async ({ Entries }) => ({
      Successful: Entries.map(({ Id }) => ({ Id: Id.trim() })),
      Failed: undefined,
    }),
    DeleteQueue: () => ({}),
  }
  assert.equal(typeof handlers.SendMessage, 'function')

  // @ts-expect-error: no such operation
  const misspelt: PartialHandlers<Sqs> = { SendMassage: () => ({}) }
  assert.equal(Object.keys(misspelt).length, 1)

  // @ts-expect-error: QueueUrl is text
  const mistyped: PartialHandlers<Sqs> = { GetQueueUrl: () => ({ QueueUrl: 1 }) }
  assert.equal(Object.keys(mistyped).length, 1)

  // @ts-expect-error: all operations but one are missing
  const incomplete: Handlers<Sqs> = { DeleteQueue: () => ({}) }
  assert.equal(Object.keys(incomplete).length, 1)

  const erase = (all: Handlers<Sqs>): Readonly<Record<string, AnyHandler>> => all
  assert.equal(erase.length, 1)
})

test('members of inputs are as decoded', () => {
  const blob = (input: HandlerInput<Sqs, 'SendMessage'>): Uint8Array | undefined =>
    input.MessageAttributes?.k?.BinaryValue
  const identity: Handler<typeof STS, 'GetCallerIdentity'> = (_, { principal }) => ({ Arn: principal.arn })
  const bytes = new Uint8Array([1])
  const input = {
    QueueUrl: 'u',
    MessageBody: 'b',
    MessageAttributes: { k: { DataType: 'Binary', BinaryValue: bytes } },
  }
  assert.equal(blob(input), bytes)
  assert.equal(identity.length, 2)
})

test('errors are those that the service models', () => {
  const error = errorsOf<Sqs>()
  const gone = error('QueueDoesNotExist', 'json', { queryMessage: 'query' })
  assert.deepEqual([gone.code, gone.message, gone.queryMessage], ['QueueDoesNotExist', 'json', 'query'])
  // @ts-expect-error: SQS has no such shape
  assert.equal(error('InvalidParameterValue', 'm').code, 'InvalidParameterValue')
})
