/** The few calls that set a run up, by the plainest client there is: `fetch`. They reject unless the answer is a success. */
import { queryBody } from './load/sns-requests.ts'

const TIME_OUT_MILLIS = 60_000

/** Calls SQS over AWS JSON 1.0. */
export async function callSqs(endpoint: string, operation: string, input: object): Promise<unknown> {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` }
  const text = await post(endpoint, { service: 'sqs', operation, headers, body: JSON.stringify(input) })
  return text === '' ? {} : JSON.parse(text)
}

/** Calls SNS over the Query protocol; resolves to the XML. */
export function callSns(endpoint: string, operation: string, parameters: Record<string, string>): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return post(endpoint, { service: 'sns', operation, headers, body: queryBody(operation, parameters) })
}

interface Post {
  readonly service: string
  readonly operation: string
  readonly headers: Record<string, string>
  readonly body: string
}

async function post(endpoint: string, { service, operation, headers, body }: Post): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=000000000000/20250101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
  const signal = AbortSignal.timeout(TIME_OUT_MILLIS)
  const response = await fetch(endpoint, { method: 'POST', headers: { ...headers, authorization }, body, signal })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${text.slice(0, 300)}`)
  return text
}

const AT_ONCE = 50

/** Makes so many calls, from number 0 on, some at a time; resolves to what they resolve to, in order. */
export async function manyCalls<T>(count: number, call: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  while (results.length < count) {
    const slice = Array.from({ length: Math.min(AT_ONCE, count - results.length) }, (_, n) => call(results.length + n))
    results.push(...(await Promise.all(slice)))
  }
  return results
}
