import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatQueueUrl, hasNoPath, parseQueuePath, parseQueueUrl, type UrlStyle } from './queue-url.ts'

const accountId = '000000000000'
const name = 'orders'

const read = [
  { url: 'http://localhost:4566/000000000000/orders', region: undefined },
  { url: 'http://127.0.0.1/000000000000/orders/', region: undefined },
  { url: 'http://localhost:4566/queue/eu-west-1/000000000000/orders', region: 'eu-west-1' },
  { url: 'http://localhost:4566/proxy/000000000000/orders', region: undefined },
  { url: 'http://localhost:4566/000000000000.eu-west-1/orders', region: 'eu-west-1' },
  { url: 'http://10.0.0.1/proxy/000000000000.elsewhere/orders/', region: 'elsewhere' },
  { url: 'https://sqs.us-east-1.amazonaws.com/000000000000.eu-west-1/orders', region: 'eu-west-1' },
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

for (const [url, noPath] of [
  ['', true],
  ['/', true],
  ['http://localhost:4566', true],
  ['HTTPS://sqs.eu-west-1.amazonaws.com/', true],
  ['http://localhost:4566/orders', false],
  ['http://h/123/orders', false],
  ['http://h/12345678901x/q', false],
  ['http://h/123456789012./q', false],
  ['http://h/123456789012.EU/q', false],
  ['http://h/123456789012.eu-west-1', false],
] as const) {
  test(`${JSON.stringify(url)} is no queue's address`, () => {
    assert.equal(parseQueueUrl(url), undefined)
    assert.equal(hasNoPath(url), noPath)
  })
}

test('a path that is not a queue is none of our business', () => {
  for (const path of ['', '/', '/favicon.ico', '/_millrace/health', '/000000000000/']) {
    assert.equal(parseQueuePath(path), undefined)
  }
})

const queue = { region: 'eu-west-1', accountId, name }
interface Written {
  readonly style: UrlStyle
  readonly origin: string
  readonly publicUrl?: string
  readonly region?: string
  readonly url: string
}
const at = (host: string) => `${host}/000000000000/orders`
/** Where the path has to say it. */
const abroad = (host: string) => `${host}/000000000000.eu-west-1/orders`
const written: readonly Written[] = [
  { style: 'off', origin: 'http://localhost:4566', url: abroad('http://localhost:4566') },
  { style: 'off', origin: 'http://localhost:4566', region: 'us-east-2', url: at('http://localhost:4566') },
  { style: 'off', origin: 'http://sqs.eu-west-1.x.y', url: at('http://sqs.eu-west-1.x.y') },
  { style: 'off', origin: 'http://sqs.us-east-2.x.y', url: abroad('http://sqs.us-east-2.x.y') },
  { style: 'path', origin: 'http://localhost:4566', url: at('http://localhost:4566/queue/eu-west-1') },
  { style: 'path', origin: 'http://localhost:1', region: 'us-east-2', url: at('http://localhost:1/queue/us-east-2') },
  { style: 'standard', origin: 'https://example.com:1', url: at('https://sqs.eu-west-1.example.com:1') },
  { style: 'standard', origin: 'http://sqs.us-east-1.x.y', url: at('http://sqs.eu-west-1.x.y') },
  { style: 'standard', origin: 'http://127.0.0.1:4566', url: abroad('http://127.0.0.1:4566') },
  { style: 'standard', origin: 'http://127.0.0.1:4566', region: 'us-east-2', url: at('http://127.0.0.1:4566') },
  { style: 'standard', origin: 'http://[::1]:4566', url: abroad('http://[::1]:4566') },
  { style: 'standard', origin: 'http://x.y', region: 'elsewhere', url: 'http://x.y/000000000000.elsewhere/orders' },
  { style: 'domain', origin: 'http://10.0.0.1', url: abroad('http://10.0.0.1') },
  { style: 'domain', origin: 'https://example.com', url: at('https://eu-west-1.queue.example.com') },
  { style: 'domain', origin: 'http://x.y', region: 'us-east-1', url: at('http://queue.x.y') },
  { style: 'dynamic', origin: 'http://localhost:4566', url: abroad('http://localhost:4566') },
  { style: 'dynamic', origin: 'http://localhost:4566', region: 'us-east-2', url: at('http://localhost:4566') },
  { style: 'dynamic', origin: 'http://sqs.eu-west-1.x.y:1', url: at('http://sqs.eu-west-1.x.y:1') },
  { style: 'dynamic', origin: 'http://queue.x.y', url: at('http://eu-west-1.queue.x.y') },
  { style: 'dynamic', origin: 'http://v.sqs.eu-west-1.x.y', url: at('http://v.sqs.eu-west-1.x.y') },
  { style: 'dynamic', origin: 'http://v.sqs.us-east-2.x.y', url: abroad('http://v.sqs.us-east-2.x.y') },
  { style: 'dynamic', origin: 'http://10.0.0.1', publicUrl: 'https://x.y', url: abroad('https://x.y') },
  {
    style: 'dynamic',
    origin: 'http://sqs.us-east-1.x.y',
    publicUrl: 'https://x.y',
    url: at('https://sqs.eu-west-1.x.y'),
  },
  {
    style: 'standard',
    origin: 'http://127.0.0.1:4566',
    publicUrl: 'https://x.y',
    url: at('https://sqs.eu-west-1.x.y'),
  },
  {
    style: 'path',
    origin: 'http://127.0.0.1:4566',
    publicUrl: 'https://x.y:1',
    url: at('https://x.y:1/queue/eu-west-1'),
  },
]
for (const { style, origin, publicUrl, region = queue.region, url } of written) {
  const publicly = publicUrl === undefined ? '' : `, publicly ${publicUrl},`
  test(`${style} at ${origin}${publicly} gives ${url}`, () => {
    const context = { style, origin, publicUrl, nodeRegion: 'us-east-2' }
    assert.equal(formatQueueUrl(context, { ...queue, region }), url)
  })
}

test('every URL that is handed out leads back to its queue, of whatever region', () => {
  const origins = fc.constantFrom(
    'http://localhost:4566',
    'https://example.com',
    'http://sqs.us-east-1.x.y:80',
    'http://queue.x.y',
    'http://v.sqs.us-east-1.x.y',
    'http://127.0.0.1:4566',
    'http://[::1]:4566',
  )
  const regions = fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1', 'elasticmq')
  const contexts = fc.record({
    style: fc.constantFrom<UrlStyle>('off', 'path', 'standard', 'domain', 'dynamic'),
    origin: origins,
    publicUrl: fc.option(origins, { nil: undefined }),
    nodeRegion: regions,
  })
  const queues = fc.record({
    region: regions,
    accountId: fc.stringMatching(/^\d{12}$/),
    name: fc.stringMatching(/^[\w-]{1,75}(\.fifo)?$/),
  })
  fc.assert(
    fc.property(contexts, queues, (context, queue) => {
      const read = parseQueueUrl(formatQueueUrl(context, queue))
      assert.deepEqual({ ...read, region: read?.region ?? context.nodeRegion }, { ...queue })
    }),
  )
})

test('no text makes the reader fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const reference = parseQueueUrl(text)
      assert.ok(reference === undefined || reference.name !== '')
    }),
  )
})
