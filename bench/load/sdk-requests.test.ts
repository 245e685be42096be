import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import { BATCH_ENTRIES, Digits, type FixedCall, messageBody } from './sdk-requests.ts'
import { ATTRIBUTE, queryBody, requireNoFailedMember, TopicRequests } from './sns-requests.ts'
import { QueueRequests } from './sqs-requests.ts'

interface Seen {
  readonly headers: readonly string[]
  readonly signed: string | undefined
  readonly body: string
}

let seen: Seen[] = []
const server = createServer(async (request, response) => {
  const { rawHeaders } = request
  const body = (await request.toArray()).join('')
  seen.push({ headers: rawHeaders.flatMap(headerShown), signed: signedIn(request.headers.authorization), body })
  response.writeHead(500).end()
})

/** Those that differ from one request to the next, or with the version of the SDK, count by their names. */
const VARIABLE = /^(x-amz-user-agent|user-agent|amz-sdk-.*|x-amz-date|x-amz-content-sha256|authorization)$/
function headerShown(text: string, at: number, raw: readonly string[]): string[] {
  if (at % 2 === 1) return []
  return [VARIABLE.test(text) ? text : `${text}: ${raw[at + 1]}`]
}
const signedIn = (authorization: string | undefined) => /SignedHeaders=([^,]+)/.exec(authorization ?? '')?.[1]

before(() => once(server.listen(0, '127.0.0.1'), 'listening'))
after(() => server.close().closeAllConnections())
const port = () => (server.address() as AddressInfo).port

const QueueUrl = 'http://127.0.0.1:4566/000000000000/bench'
const TopicArn = 'arn:aws:sns:us-east-1:000000000000:bench'
const Message = messageBody()
const entries = Array.from({ length: BATCH_ENTRIES }, (_, n) => ({ Id: `${n}`, Message }))
const MessageAttributes = { [ATTRIBUTE.name]: { DataType: 'String', StringValue: ATTRIBUTE.wanted } }

const requests: { call: (host: string) => FixedCall; sdk: (sqs: SQS, sns: SNS) => Promise<unknown> }[] = [
  {
    call: (host) => new QueueRequests(host, QueueUrl).send(),
    sdk: (sqs) => sqs.sendMessage({ QueueUrl, MessageBody: Message }),
  },
  {
    call: (host) => new TopicRequests(host, TopicArn).publish(),
    sdk: (_, sns) => sns.publish({ TopicArn, Message }),
  },
  {
    call: (host) => new TopicRequests(host, TopicArn).publishWithAttribute(),
    sdk: (_, sns) => sns.publish({ TopicArn, Message, MessageAttributes }),
  },
  {
    call: (host) => new TopicRequests(host, TopicArn).publishBatch(),
    sdk: (_, sns) => sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries }),
  },
  {
    call: (host) => new TopicRequests(host, TopicArn).subscribe('http://127.0.0.1:1/', true),
    sdk: (_, sns) =>
      sns.subscribe({
        TopicArn,
        Protocol: 'http',
        Endpoint: 'http://127.0.0.1:1/',
        Attributes: { RawMessageDelivery: 'true' },
      }),
  },
  {
    call: (host) => new TopicRequests(host, TopicArn).confirm('token'),
    sdk: (_, sns) => sns.confirmSubscription({ TopicArn, Token: 'token' }),
  },
]
for (const { call, sdk } of requests) {
  const { operation } = call('localhost')
  test(`${operation} is sent as the SDK sends it: ${call('localhost').data.length} bytes`, async () => {
    seen = []
    const options = {
      endpoint: `http://127.0.0.1:${port()}`,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' },
    }
    const clients = [new SQS(options), new SNS(options)] as const
    await assert.rejects(sdk(...clients))
    for (const client of clients) client.destroy()
    const socket = net.connect(port(), '127.0.0.1').end(call(`127.0.0.1:${port()}`).data)
    await once(socket.resume(), 'close')
    assert.equal(seen.length, 2)
    const [theirs, ours] = seen
    assert.deepEqual(ours, theirs)
  })
}

test('a form is written as the SDK writes it', () => {
  assert.equal(queryBody('Publish', { Message: 'a b,c' }), 'Action=Publish&Version=2010-03-31&Message=a%20b%2Cc')
})

test('a failed entry of a batch is an error', () => {
  requireNoFailedMember(Buffer.from('<Successful><member/></Successful><Failed/>'))
  assert.throws(() => requireNoFailedMember(Buffer.from('<Failed><member><Id>0</Id></member></Failed>')), /Id>0/)
})

test('digits are rewritten in place, wherever they are', () => {
  const request = Buffer.from('{"Id":"x-####","Body":"####"}')
  const digits = new Digits(request, '####')
  digits.write(1234)
  digits.write(70)
  assert.equal(request.toString(), '{"Id":"x-0070","Body":"0070"}')
  assert.throws(() => new Digits(request, '####'))
})
