/**
 * A node as its own process for bad input: if input could bring it down, or make it fail in a way of its own, its exit
 * and its log would show that.
 */
import assert from 'node:assert/strict'
import { XMLValidator } from 'fast-xml-parser'
import { type SpawnedNode, spawnNode } from '../../../src/testing/node.ts'

/** Starts a node that logs errors and nothing else, and lets a deleted queue's name be used again at once. */
export const startTarget = (...args: readonly string[]): Promise<SpawnedNode> =>
  spawnNode({ args: ['--log-level', 'error', '--sqs-recreate-wait', 'off', ...args] })

/** Longer than any answer takes here; a request that takes as long counts as hung. */
const HUNG_MS = 30_000

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** Sends a POST and reads the answer. Rejects if there is none, or none in time. */
export async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(HUNG_MS) })
  const { status, headers: told } = response
  return { status, contentType: told.get('content-type') ?? '', text: await response.text() }
}

export const jsonHeaders = (operation: string): Record<string, string> => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `AmazonSQS.${operation}`,
})

export const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }

/** Calls an operation in JSON; what it answers, parsed. Rejects if it is refused. */
// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests assert
export async function call(url: string, operation: string, input: object): Promise<any> {
  const { status, text } = await send(url, jsonHeaders(operation), JSON.stringify(input))
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

/** An answer that any client can read, and that isn't a failure of the node. */
export function assertAnswer({ status, contentType, text }: Answer): void {
  assert.ok((status >= 200 && status < 500) || status === 501, `${status}: ${text}`)
  if (contentType.includes('json')) JSON.parse(text)
  else if (contentType === 'text/xml') assert.equal(XMLValidator.validate(text), true, text)
  else assert.fail(`neither JSON nor XML: ${contentType}`)
}

/** The node is there, does its work, and has logged no error. */
export async function assertUnharmed(node: SpawnedNode): Promise<void> {
  const { QueueUrl } = await call(node.url, 'CreateQueue', { QueueName: 'well-behaved' })
  await call(node.url, 'SendMessage', { QueueUrl, MessageBody: 'still there' })
  const { Messages } = await call(node.url, 'ReceiveMessage', { QueueUrl })
  assert.equal(Messages[0].Body, 'still there')
  await call(node.url, 'DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle })
  assert.equal(node.output.stderr, '')
}
