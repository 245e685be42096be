import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import { formatQueueUrl, parseQueuePath, parseQueueUrl, type UrlStrategy } from './queue-url.ts'

const accountId = '000000000000'
const name = 'orders'

const read = [
  { url: 'http://localhost:4566/000000000000/orders', region: undefined },
  { url: 'http://127.0.0.1/000000000000/orders/', region: undefined },
  { url: 'http://localhost:4566/queue/eu-west-1/000000000000/orders', region: 'eu-west-1' },
  { url: 'http://localhost:4566/proxy/000000000000/orders', region: undefined },
  { url: 'https://sqs.eu-west-1.amazonaws.com/000000000000/orders', region: 'eu-west-1' },
  { url: 'https://SQS.EU-WEST-1.amazonaws.com/000000000000/orders', region: 'eu-west-1' },
  { url: 'https://sqs.cn-north-1.amazonaws.com.cn/000000000000/orders', region: 'cn-north-1' },
  { url: 'https://sqs.us-gov-west-1.amazonaws.com/000000000000/orders', region: 'us-gov-west-1' },
  { url: 'https://vpce-0a1b.sqs.eu-west-1.vpce.amazonaws.com/000000000000/orders', region: 'eu-west-1' },
  { url: 'http://sqs.us-east-2.localhost.localstack.cloud:4566/000000000000/orders', region: 'us-east-2' },
  { url: 'https://ap-south-1.queue.amazonaws.com/000000000000/orders', region: 'ap-south-1' },
  { url: 'https://queue.amazonaws.com/000000000000/orders', region: 'us-east-1' },
  { url: 'http://queue.localhost:4566/000000000000/orders', region: 'us-east-1' },
  { url: 'http://queue:4566/000000000000/orders', region: undefined },
  { url: 'http://sqs.localhost:4566/000000000000/orders', region: undefined },
  { url: 'http://sqs.example.com/000000000000/orders', region: undefined },
  { url: 'http://localhost:4566/000000000000/orders?Action=SendMessage', region: undefined },
  { url: '/000000000000/orders', region: undefined },
  { url: '000000000000/orders', region: undefined },
]
for (const { url, region } of read) {
  test(`${url} is read`, () => {
    assert.deepEqual(parseQueueUrl(url), { region, accountId, name })
    assert.deepEqual(parseQueueUrl(url), { region, accountId, name }, 'once more, from the cache')
  })
}

test('a bare name is read', () => assert.deepEqual(parseQueueUrl('orders.fifo'), { name: 'orders.fifo' }))

for (const url of [
  '',
  '/',
  'http://localhost:4566',
  'http://localhost:4566/orders',
  'http://h/123/orders',
  'http://h/12345678901x/q',
]) {
  test(`${JSON.stringify(url)} is no queue's address`, () =>
    expectRefusal(() => parseQueueUrl(url), 'InvalidAddress', `The address ${url} is not valid for this endpoint.`))
}

test('a path that is not a queue is none of our business', () => {
  for (const path of ['', '/', '/favicon.ico', '/_millrace/health', '/000000000000/']) {
    assert.equal(parseQueuePath(path), undefined)
  }
})

const queue = { region: 'eu-west-1', accountId, name }
const written: readonly { strategy: UrlStrategy; origin: string; region?: string; url: string }[] = [
  { strategy: 'off', origin: 'http://localhost:4566', url: 'http://localhost:4566/000000000000/orders' },
  {
    strategy: 'path',
    origin: 'http://localhost:4566',
    url: 'http://localhost:4566/queue/eu-west-1/000000000000/orders',
  },
  {
    strategy: 'standard',
    origin: 'https://example.com:1',
    url: 'https://sqs.eu-west-1.example.com:1/000000000000/orders',
  },
  { strategy: 'standard', origin: 'http://sqs.us-east-1.x.y', url: 'http://sqs.eu-west-1.x.y/000000000000/orders' },
  { strategy: 'domain', origin: 'https://example.com', url: 'https://eu-west-1.queue.example.com/000000000000/orders' },
  { strategy: 'domain', origin: 'http://x.y', region: 'us-east-1', url: 'http://queue.x.y/000000000000/orders' },
  { strategy: 'dynamic', origin: 'http://localhost:4566', url: 'http://localhost:4566/000000000000/orders' },
  { strategy: 'dynamic', origin: 'http://sqs.eu-west-1.x.y:1', url: 'http://sqs.eu-west-1.x.y:1/000000000000/orders' },
  { strategy: 'dynamic', origin: 'http://queue.x.y', url: 'http://eu-west-1.queue.x.y/000000000000/orders' },
  { strategy: 'dynamic', origin: 'http://v.sqs.eu-west-1.x.y', url: 'http://v.sqs.eu-west-1.x.y/000000000000/orders' },
]
for (const { strategy, origin, region = queue.region, url } of written) {
  test(`${strategy} at ${origin} gives ${url}`, () =>
    assert.equal(formatQueueUrl(strategy, origin, { ...queue, region }), url))
}

test('every URL that is handed out leads back to its queue', () => {
  const origins = fc.constantFrom(
    'http://localhost:4566',
    'https://example.com',
    'http://sqs.us-east-1.x.y:80',
    'http://queue.x.y',
  )
  const strategies = fc.constantFrom<UrlStrategy>('off', 'path', 'standard', 'domain', 'dynamic')
  const queues = fc.record({
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1'),
    accountId: fc.stringMatching(/^\d{12}$/),
    name: fc.stringMatching(/^[\w-]{1,75}(\.fifo)?$/),
  })
  fc.assert(
    fc.property(strategies, origins, queues, (strategy, origin, queue) => {
      const { region, ...rest } = parseQueueUrl(formatQueueUrl(strategy, origin, queue))
      assert.deepEqual(rest, { accountId: queue.accountId, name: queue.name })
      if (strategy === 'path' || strategy === 'standard' || strategy === 'domain') assert.equal(region, queue.region)
    }),
  )
})

test('no text makes the reader fail in any way but by refusing it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseQueueUrl(text)
      } catch (error) {
        assert.equal((error as Error).name, 'InvalidAddress')
      }
    }),
  )
})
