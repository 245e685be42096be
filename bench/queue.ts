/** Queues to put load on. */
import { callSqs } from './calls.ts'
import type { Resource } from './scenario.ts'
import type { Server } from './servers.ts'

/** Creates a queue of a name not used before, and gives its URL. */
export async function createQueue(endpoint: string, purpose: string, fifo = false): Promise<string> {
  const QueueName = `bench-${purpose}-${crypto.randomUUID().slice(0, 8)}${fifo ? '.fifo' : ''}`
  const Attributes = fifo ? { FifoQueue: 'true' } : undefined
  const answer = await callSqs(endpoint, 'CreateQueue', { QueueName, Attributes })
  const { QueueUrl } = answer as { QueueUrl?: unknown }
  if (typeof QueueUrl !== 'string') throw new Error(`CreateQueue answered no QueueUrl: ${JSON.stringify(answer)}`)
  return QueueUrl
}

export async function deleteQueue(endpoint: string, QueueUrl: string): Promise<void> {
  await callSqs(endpoint, 'DeleteQueue', { QueueUrl })
}

/** The URL's path has the account and the name. */
export function queueArn(queueUrl: string): string {
  const [, accountId, name] = new URL(queueUrl).pathname.split('/')
  return `arn:aws:sqs:us-east-1:${accountId}:${name}`
}

async function newQueue({ endpoint }: Server, fifo: boolean): Promise<Resource> {
  const resource = await createQueue(endpoint, 'load', fifo)
  return { resource, remove: () => deleteQueue(endpoint, resource) }
}

export const standardQueue = (server: Server): Promise<Resource> => newQueue(server, false)
export const fifoQueue = (server: Server): Promise<Resource> => newQueue(server, true)
