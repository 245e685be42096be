import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../kernel.ts'
import { ServiceError } from '../service-error.ts'
import { RawClient, rawRequest, startTestEdge } from './testing/edge.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Calls an operation of SQS over JSON. */
async function call(url: string, operation: string, input: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}`, ...headers },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : {},
  }
}

test('a handler sees who calls, from where and how', async () => {
  let seen: Caller | undefined
  await using edge = await startTestEdge({
    sqs: {
      handlers: {
        ListQueues: (_: unknown, caller: Caller) => {
          seen = caller
          return { QueueUrls: ['a'] }
        },
      },
    },
  })
  const authorization = 'AWS4-HMAC-SHA256 Credential=123456789012/20260131/eu-west-1/sqs/aws4_request, Signature=0'
  const answer = await call(`${edge.url}/some/path?x=1`, 'ListQueues', {}, { authorization })
  assert.deepEqual(answer.json, { QueueUrls: ['a'] })
  assert.match(answer.headers.get('x-amzn-requestid') ?? '', UUID)
  assert.equal(seen?.requestId, answer.headers.get('x-amzn-requestid'))
  assert.equal(seen?.origin, edge.url)
  assert.equal(seen?.path, '/some/path')
  assert.equal(seen?.accountId, '123456789012')
  assert.equal(seen?.principal.arn, 'arn:aws:iam::123456789012:user/millrace')
  assert.equal(seen?.region, 'eu-west-1')
  assert.equal(seen?.protocol, 'json1.0')
  assert.equal(seen?.header('authorization'), authorization)
})

const SESSION = {
  accountId: '210987654321',
  id: 'AROA:s',
  arn: 'arn:aws:sts::210987654321:assumed-role/r/s',
  session: { kind: 'role', issuedAt: 0, expiresAt: 1, tags: {}, transitiveTagKeys: [] },
} as const
const temporary = (keyId: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/20260131/eu-west-1/sqs/aws4_request, Signature=0`,
  'x-amz-security-token': 'token',
})
const whoCalls = {
  sqs: { handlers: { ListQueues: (_: unknown, c: Caller) => ({ NextToken: `${c.principal.arn} ${c.region}` }) } },
}

for (const [how, answer] of [
  ['at once', SESSION],
  ['after a look into the store', Promise.resolve(SESSION)],
] as const) {
  test(`a session is recognised ${how}, and only beside a temporary access key`, async () => {
    const asked: string[] = []
    const find = (...parts: string[]) => {
      asked.push(parts.join(' '))
      return answer
    }
    await using edge = await startTestEdge(whoCalls, { sessions: { find } })
    const nextToken = async (keyId: string) => (await call(edge.url, 'ListQueues', {}, temporary(keyId))).json.NextToken
    assert.equal(await nextToken('ASIAX'), `${SESSION.arn} eu-west-1`)
    assert.match(await nextToken('AKIAX'), /^arn:aws:iam::000000000000:user/)
    assert.deepEqual(asked, ['ASIAX token'])
  })
}

test('what fails while a session is looked up is answered in the protocol', async () => {
  await using edge = await startTestEdge(whoCalls, { sessions: { find: () => Promise.reject(new Error('away')) } })
  const answer = await call(edge.url, 'ListQueues', {}, temporary('ASIAX'))
  assert.deepEqual([answer.status, answer.json.__type], [500, 'com.amazon.coral.service#InternalFailure'])
})

test('an unknown session is nobody', async () => {
  await using edge = await startTestEdge(whoCalls, { sessions: { find: async () => undefined } })
  const { NextToken } = (await call(edge.url, 'ListQueues', {}, temporary('ASIAX'))).json
  assert.equal(NextToken, 'arn:aws:iam::000000000000:user/millrace eu-west-1')
})

test('without a credential, account and region are the defaults', async () => {
  await using edge = await startTestEdge({
    sqs: { handlers: { ListQueues: (_: unknown, c: Caller) => ({ NextToken: `${c.accountId} ${c.region}` }) } },
  })
  assert.equal((await call(edge.url, 'ListQueues', {})).json.NextToken, '000000000000 us-east-1')
})

test('an answer may be a promise', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: async () => ({ NextToken: 'later' }) } } })
  assert.equal((await call(edge.url, 'ListQueues', {})).json.NextToken, 'later')
})

for (const [kind, refuse] of [
  [
    'thrown',
    () => {
      throw new ServiceError('QueueDoesNotExist', 'no queue')
    },
  ],
  ['rejected', () => Promise.reject(new ServiceError('QueueDoesNotExist', 'no queue'))],
] as const) {
  test(`an error that is ${kind} by a handler is told to the client`, async () => {
    await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: refuse } } })
    const { status, json } = await call(edge.url, 'ListQueues', {})
    assert.deepEqual([status, json.__type, json.message], [400, 'com.amazonaws.sqs#QueueDoesNotExist', 'no queue'])
  })
}

const accidents: readonly (readonly [string, () => unknown])[] = [
  [
    'a handler that throws',
    () => {
      throw new Error('secret')
    },
  ],
  ['a handler that rejects', () => Promise.reject(new Error('secret'))],
  ['a handler that rejects with nothing', () => Promise.reject(undefined)],
  [
    'an output that can’t be written',
    () => ({
      get QueueUrls(): never {
        throw new Error('secret')
      },
    }),
  ],
]

for (const [name, accident] of accidents) {
  test(`${name} is a 500 that says nothing, and a line in the log that says it all`, async () => {
    await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: accident } } })
    const { status, text, json, headers } = await call(edge.url, 'ListQueues', { QueueNamePrefix: 'body' })
    assert.equal(status, 500)
    assert.equal(json.__type, 'com.amazon.coral.service#InternalFailure')
    assert.ok(!text.includes('secret'))
    const line = edge.log.find((entry) => entry.includes('unexpectedly')) ?? assert.fail('nothing was logged')
    const { level, requestId, service, operation } = JSON.parse(line)
    assert.deepEqual([level, service, operation], [50, 'sqs', 'ListQueues'])
    assert.equal(requestId, headers.get('x-amzn-requestid'))
    assert.ok(!line.includes('"body"'))
  })
}

test('an operation without a handler is not implemented, whatever its input', async () => {
  await using edge = await startTestEdge({ sqs: {} })
  const { status, headers, json } = await call(edge.url, 'SendMessage', 'nonsense')
  assert.equal(status, 501)
  assert.match(json.message, /SQS\.SendMessage/)
  assert.equal(headers.get('x-amzn-query-error'), 'NotImplemented;Receiver')
})

test('a service that has its own words for a missing member is asked for them', async () => {
  const missing = (_: unknown, [path]: readonly string[]) => new ServiceError('MissingParameter', `where is ${path}?`)
  await using edge = await startTestEdge({ sqs: { handlers: { GetQueueUrl: () => ({}) }, missing } })
  assert.equal((await call(edge.url, 'GetQueueUrl', {})).json.message, 'where is QueueName?')
})

test('otherwise the common sentence is used', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: { GetQueueUrl: () => ({}) } } })
  const { status, json } = await call(edge.url, 'GetQueueUrl', {})
  assert.equal(status, 400)
  assert.match(json.message, /^1 validation error detected: Value null at 'queueName' failed/)
})

test('a service may fill in a required member before it is missed', async () => {
  await using edge = await startTestEdge({
    sqs: {
      handlers: { GetQueueUrl: ({ QueueName }: { QueueName: string }) => ({ QueueUrl: QueueName }) },
      prepare: (_, input, { path }) => {
        input.QueueName ??= path
      },
    },
  })
  assert.equal((await call(`${edge.url}/from-path`, 'GetQueueUrl', {})).json.QueueUrl, '/from-path')
  assert.equal((await call(`${edge.url}/from-path`, 'GetQueueUrl', { QueueName: 'q' })).json.QueueUrl, 'q')
})

test('what routing can’t place is answered in the form that the client would read', async () => {
  await using edge = await startTestEdge({ sqs: {} })
  const bare = await fetch(`${edge.url}/000000000000/q`)
  assert.deepEqual([bare.status, await bare.text()], [404, '<UnknownOperationException/>'])

  const json = await call(edge.url, 'Nothing', {})
  assert.deepEqual([json.status, json.json.__type], [400, 'com.amazon.coral.service#UnknownOperationException'])

  const query = await fetch(`${edge.url}/?Action=FooBar&Version=2012-11-05`)
  assert.equal(query.status, 400)
  const xml = await query.text()
  assert.match(xml, /<Code>InvalidAction<\/Code><Message>The action FooBar is not valid for this endpoint\.<\/Message>/)
  assert.match(xml, /xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"/)
})

/** A handler that doesn't answer before it is told to, and notes when its client hung up. */
function parkedHandler() {
  const parked = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<object>()
  let hangUps = 0
  const handler = (_: unknown, caller: Caller) => {
    caller.onHangUp(() => {
      hangUps++
      hungUp.resolve()
    })
    caller.onHangUp(() => assert.fail('this subscription was ended'))()
    parked.resolve()
    return answer.promise
  }
  return { handler, parked: parked.promise, hungUp: hungUp.promise, answer: answer.resolve, hangUps: () => hangUps }
}

const listQueues = rawRequest(
  { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' },
  '{}',
)

test('a handler hears when its client hangs up', async () => {
  const { handler, parked, hungUp, answer } = parkedHandler()
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: handler } } })
  const client = new RawClient(edge.port)
  client.send(listQueues)
  await parked
  client.socket.destroy()
  await hungUp
  answer({}) // which is for nobody, and harms nobody
  assert.equal((await call(edge.url, 'Nothing', {})).status, 400)
})

test('a hang-up after the answer is none', async () => {
  const { handler, parked, answer, hangUps } = parkedHandler()
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: handler } } })
  const client = new RawClient(edge.port)
  client.send(listQueues)
  await parked
  answer({})
  await client.until(/200 OK/)
  client.socket.end()
  await client.untilEnd()
  assert.equal(hangUps(), 0)
})

test('requests are counted by service, operation and code', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: () => ({}) } } })
  await call(edge.url, 'ListQueues', {})
  await call(edge.url, 'SendMessage', {})
  await fetch(edge.url)
  const { body } = await edge.metrics.render()
  assert.match(body, /millrace_requests_total\{service="sqs",operation="ListQueues",code="OK"\} 1/)
  assert.match(body, /millrace_requests_total\{service="sqs",operation="SendMessage",code="NotImplemented"\} 1/)
  assert.match(body, /millrace_requests_total\{service="none",operation="none",code="UnknownOperationException"\} 1/)
  assert.match(body, /millrace_request_duration_seconds_count\{service="sqs",operation="ListQueues"\} 1/)
})
