/** The few calls that set a run up, by the plainest client there is: AWS JSON 1.0 over `fetch`. */

/** Creates a queue of a name not used before, and gives its URL. */
export async function createQueue(endpoint: string, purpose: string, fifo: boolean): Promise<string> {
  const QueueName = `bench-${purpose}-${crypto.randomUUID().slice(0, 8)}${fifo ? '.fifo' : ''}`
  const answer = await call(endpoint, 'CreateQueue', { QueueName, ...(fifo && { Attributes: { FifoQueue: 'true' } }) })
  const { QueueUrl } = answer as { QueueUrl?: unknown }
  if (typeof QueueUrl !== 'string') throw new Error(`CreateQueue answered no QueueUrl: ${JSON.stringify(answer)}`)
  return QueueUrl
}

export async function deleteQueue(endpoint: string, QueueUrl: string): Promise<void> {
  await call(endpoint, 'DeleteQueue', { QueueUrl })
}

async function call(endpoint: string, operation: string, input: object): Promise<unknown> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AmazonSQS.${operation}`,
    authorization: `AWS4-HMAC-SHA256 Credential=000000000000/20250101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  }
  const signal = AbortSignal.timeout(60_000)
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input), signal })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${text.slice(0, 300)}`)
  return text === '' ? {} : JSON.parse(text)
}
