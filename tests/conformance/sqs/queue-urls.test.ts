/** Queue URLs: the styles that are handed out, those that are understood, and whose queue a URL or a name means. */
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { after, test } from 'node:test'
import { startNode } from '../../../src/testing/node.ts'
import { refusal, SqsFixture, startSqs, withOptions } from './support.ts'

const fixture = await startSqs()
const { sqs, node } = fixture
const host = new URL(node.url).host

const missing = refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')

/** A node that the client calls by a name, not by its IP address. */
async function startByName(options: Parameters<typeof withOptions>[0]): Promise<SqsFixture> {
  const { node } = await startSqs(withOptions(options))
  const named = new SqsFixture({ ...node, url: node.url.replace('127.0.0.1', 'localhost') })
  after(() => named.sqs.destroy())
  return named
}

const styles = [
  { urlStyle: 'off', url: (at: string) => `http://${at}/000000000000/orders` },
  { urlStyle: 'dynamic', url: (at: string) => `http://${at}/000000000000/orders` },
  { urlStyle: 'path', url: (at: string) => `http://${at}/queue/us-east-1/000000000000/orders` },
  { urlStyle: 'standard', url: (at: string) => `http://sqs.us-east-1.${at}/000000000000/orders` },
  { urlStyle: 'domain', url: (at: string) => `http://queue.${at}/000000000000/orders` },
] as const

for (const { urlStyle, url } of styles) {
  test(`queue URLs of the style "${urlStyle}" are the same from every operation, and resolve`, async () => {
    const own = await startByName({ urlStyle })
    const expected = url(new URL(own.node.url).host)
    assert.equal(await own.createQueue({}, 'orders'), expected)
    assert.equal((await own.sqs.getQueueUrl({ QueueName: 'orders' })).QueueUrl, expected)
    assert.deepEqual((await own.sqs.listQueues()).QueueUrls, [expected])
    assert.equal((await own.json('SendMessage', { QueueUrl: expected, MessageBody: 'x' })).status, 200)
  })
}

const inRegion = (region: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request, Signature=x`,
})

/** A request whose Host header is `host`, which fetch would not send: to the node, whatever the host. */
function requestAt(host: string, path: string, at = node.url): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(at)
    get({ hostname, port, path, headers: { host } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

for (const [urlStyle, url] of [
  ['off', (at: string) => `http://${at}/000000000000.eu-west-1/orders`],
  ['dynamic', (at: string) => `http://${at}/000000000000.eu-west-1/orders`],
  ['path', (at: string) => `http://${at}/queue/eu-west-1/000000000000/orders`],
  ['standard', (at: string) => `http://sqs.eu-west-1.${at}/000000000000/orders`],
  ['domain', (at: string) => `http://eu-west-1.queue.${at}/000000000000/orders`],
] as const) {
  test(`two regions have two URLs in the style "${urlStyle}", and each leads to its queue`, async () => {
    const own = await startByName({ urlStyle })
    const home = await own.createQueue({}, 'orders')
    const { body } = await own.json('CreateQueue', { QueueName: 'orders' }, inRegion('eu-west-1'))
    assert.equal(body.QueueUrl, url(new URL(own.node.url).host))
    assert.notEqual(body.QueueUrl, home)
    const listed = await own.json('ListQueues', {}, inRegion('eu-west-1'))
    assert.deepEqual(listed.body.QueueUrls, [body.QueueUrl])
    const { status } = await own.json('SendMessage', { QueueUrl: body.QueueUrl, MessageBody: 'x' })
    assert.equal(status, 200)
    assert.deepEqual(await own.bodies(home), [])
    const received = await own.json('ReceiveMessage', { QueueUrl: body.QueueUrl })
    assert.equal((received.body.Messages as { Body: string }[])[0]?.Body, 'x')
  })
}

test('a request to the URL of another region’s queue is about that queue', async () => {
  const { body } = await fixture.json('CreateQueue', { QueueName: 'abroad' }, inRegion('ap-south-1'))
  const described = await fetch(`${body.QueueUrl}?Action=GetQueueAttributes&AttributeName=QueueArn`)
  assert.match(await described.text(), /<Value>arn:aws:sqs:ap-south-1:000000000000:abroad<\/Value>/)
})

for (const urlStyle of ['standard', 'domain'] as const) {
  test(`no name is put before an IP address: "${urlStyle}"`, async () => {
    const own = await startSqs(withOptions({ urlStyle }))
    const { port } = new URL(own.node.url)
    for (const at of [`127.0.0.1:${port}`, `[::1]:${port}`]) {
      const local = await requestAt(at, '/?Action=CreateQueue&QueueName=orders', own.node.url)
      assert.ok(local.includes(`<QueueUrl>http://${at}/000000000000/orders</QueueUrl>`), local)
    }
  })
}

for (const [urlStyle, home, abroad] of [
  ['off', 'example.com/000000000000', 'example.com/000000000000.eu-west-1'],
  ['dynamic', 'example.com/000000000000', 'example.com/000000000000.eu-west-1'],
  ['path', 'example.com/queue/us-east-1/000000000000', 'example.com/queue/eu-west-1/000000000000'],
  ['standard', 'sqs.us-east-1.example.com/000000000000', 'sqs.eu-west-1.example.com/000000000000'],
  ['domain', 'queue.example.com/000000000000', 'eu-west-1.queue.example.com/000000000000'],
] as const) {
  test(`with a public URL, behind a proxy that ends TLS, queue URLs begin with it: "${urlStyle}"`, async () => {
    const config = withOptions({ urlStyle })
    const own = await startSqs({ ...config, publicUrl: 'https://example.com' })
    assert.equal(await own.createQueue({}, 'orders'), `https://${home}/orders`)
    const { body } = await own.json('CreateQueue', { QueueName: 'orders' }, inRegion('eu-west-1'))
    assert.equal(body.QueueUrl, `https://${abroad}/orders`)
    for (const QueueUrl of [`https://${home}/orders`, body.QueueUrl]) {
      assert.equal((await own.json('SendMessage', { QueueUrl, MessageBody: 'x' })).status, 200)
    }
  })
}

test('a proxy that keeps the host name of the "standard" style gets it back, with the public scheme', async () => {
  const own = await startSqs({ ...withOptions({ urlStyle: 'dynamic' }), publicUrl: 'https://example.test' })
  const created = await requestAt('sqs.us-east-1.example.test', '/?Action=CreateQueue&QueueName=orders', own.node.url)
  assert.ok(created.includes('<QueueUrl>https://sqs.us-east-1.example.test/000000000000/orders</QueueUrl>'), created)
})

test('an unsigned request is answered for the region of its host', async () => {
  await fixture.json('CreateQueue', { QueueName: 'hosted' }, inRegion('eu-north-1'))
  const localhost = host.replace('127.0.0.1', 'localhost')
  const there = `sqs.eu-north-1.${localhost}`
  const found = `<QueueUrl>http://${there}/000000000000/hosted</QueueUrl>`
  assert.ok((await requestAt(there, '/?Action=GetQueueUrl&QueueName=hosted')).includes(found))
  assert.ok((await requestAt(there, '/?Action=ListQueues')).includes(found))
  assert.ok(!(await requestAt(localhost, '/?Action=ListQueues')).includes('hosted'))
  const elsewhere = await requestAt(`sqs.sa-east-1.${localhost}`, '/?Action=GetQueueUrl&QueueName=hosted')
  assert.ok(elsewhere.includes('NonExistentQueue'), elsewhere)
  const bySignature = await fetch(`${node.url}/?Action=ListQueues`, { headers: inRegion('eu-north-1') })
  assert.match(await bySignature.text(), /hosted/)
})

const queue = await fixture.createQueue({}, 'orders')

for (const url of [
  `http://${host}/000000000000/orders`,
  `http://${host}/000000000000/orders/`,
  `https://elsewhere.example/000000000000/orders`,
  `http://${host}/queue/us-east-1/000000000000/orders`,
  `http://${host}/000000000000.us-east-1/orders`,
  'http://sqs.us-east-1.localhost.example:4566/000000000000/orders',
  'https://sqs.us-east-1.amazonaws.com/000000000000/orders',
  'https://us-east-1.queue.amazonaws.com/000000000000/orders',
  'https://queue.amazonaws.com/000000000000/orders',
  `http://${host}/some/proxy/000000000000/orders`,
  'orders',
]) {
  test(`the queue is found by ${url.replace(host, '<host>')}`, async () => {
    const { body } = await fixture.json('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['QueueArn'] })
    assert.deepEqual(body, { Attributes: { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:orders' } })
  })
}

for (const url of [
  `http://${host}/000000000000/Orders`,
  `http://${host}/111111111111/orders`,
  `http://${host}/queue/eu-west-1/000000000000/orders`,
  `http://${host}/000000000000.eu-west-1/orders`,
  'https://sqs.eu-west-1.amazonaws.com/000000000000/orders',
  'nothing',
]) {
  test(`no queue is found by ${url.replace(host, '<host>')}`, async () => {
    const { body, status, queryError } = await fixture.json('GetQueueAttributes', { QueueUrl: url })
    assert.deepEqual(body, {
      __type: 'com.amazonaws.sqs#QueueDoesNotExist',
      message: 'The specified queue does not exist.',
    })
    assert.equal(queryError, 'AWS.SimpleQueueService.NonExistentQueue;Sender')
    assert.equal(status, 400)
  })
}

for (const url of ['', '/', 'http://localhost', 'https://sqs.us-east-1.amazonaws.com/']) {
  test(`${JSON.stringify(url)} names no queue: over Query it is no address, over JSON no queue`, async () => {
    const { status, queryError } = await fixture.json('GetQueueAttributes', { QueueUrl: url })
    assert.equal(status, 400)
    assert.equal(queryError, 'AWS.SimpleQueueService.NonExistentQueue;Sender')
    const queried = await fixture.query({ Action: 'GetQueueAttributes', QueueUrl: url })
    assert.equal(queried.status, 404)
    assert.match(queried.xml, /<Code>InvalidAddress<\/Code>/)
  })
}

for (const url of ['http://localhost/x/orders', 'http://localhost/00000000000/orders']) {
  test(`${JSON.stringify(url)} has no account id where one belongs, and is an invalid address`, async () => {
    const { status, queryError } = await fixture.json('GetQueueAttributes', { QueueUrl: url })
    assert.equal(status, 404)
    assert.equal(queryError, 'InvalidAddress;Sender')
    const queried = await fixture.query({ Action: 'GetQueueAttributes', QueueUrl: url })
    assert.equal(queried.status, 404)
    assert.match(queried.xml, /<Code>InvalidAddress<\/Code>/)
  })
}

test('GetQueueUrl answers the URL that CreateQueue gave, also to another account that names the owner', async () => {
  assert.equal((await sqs.getQueueUrl({ QueueName: 'orders' })).QueueUrl, queue)
  const other = fixture.clientFor({ accountId: '111111111111' })
  const { QueueUrl } = await other.getQueueUrl({ QueueName: 'orders', QueueOwnerAWSAccountId: '000000000000' })
  assert.equal(QueueUrl, queue)
})

test('GetQueueUrl finds neither unknown names nor the queues of other owners', async () => {
  await assert.rejects(sqs.getQueueUrl({ QueueName: 'nothing' }), missing)
  for (const owner of ['111111111111', 'me']) {
    await assert.rejects(sqs.getQueueUrl({ QueueName: 'orders', QueueOwnerAWSAccountId: owner }), missing)
  }
})

test('an access key id of twelve digits is the account, and accounts do not see each other’s queues', async () => {
  const [one, two] = ['111111111111', '222222222222'].map((accountId) => fixture.clientFor({ accountId }))
  assert.ok(one && two)
  const { QueueUrl: mine } = await one.createQueue({ QueueName: 'shared-name' })
  const { QueueUrl: yours } = await two.createQueue({ QueueName: 'shared-name' })
  assert.equal(mine, `${node.url}/111111111111/shared-name`)
  assert.equal(yours, `${node.url}/222222222222/shared-name`)
  await one.sendMessage({ QueueUrl: mine, MessageBody: 'mine' })
  assert.equal((await two.receiveMessage({ QueueUrl: yours })).Messages, undefined)
  assert.deepEqual((await one.listQueues()).QueueUrls, [mine])
  await two.deleteQueue({ QueueUrl: yours })
  await assert.rejects(two.getQueueUrl({ QueueName: 'shared-name' }), missing)
  assert.equal((await one.getQueueUrl({ QueueName: 'shared-name' })).QueueUrl, mine)
})

test('a URL without a region, as older versions gave to all of them, is of the region that asks', async () => {
  const [virginia, ireland] = ['us-east-1', 'eu-west-1'].map((region) =>
    fixture.clientFor({ accountId: '333333333333', region }),
  )
  assert.ok(virginia && ireland)
  const { QueueUrl } = await virginia.createQueue({ QueueName: 'regional' })
  assert.equal(QueueUrl, `${node.url}/333333333333/regional`)
  await assert.rejects(ireland.getQueueUrl({ QueueName: 'regional' }), missing)
  await ireland.createQueue({ QueueName: 'regional', Attributes: { DelaySeconds: '1' } })
  await virginia.sendMessage({ QueueUrl, MessageBody: 'x' })
  assert.equal((await ireland.receiveMessage({ QueueUrl })).Messages, undefined)
  const arn = async (client: typeof ireland) =>
    (await client.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })).Attributes?.QueueArn
  assert.equal(await arn(virginia), 'arn:aws:sqs:us-east-1:333333333333:regional')
  assert.equal(await arn(ireland), 'arn:aws:sqs:eu-west-1:333333333333:regional')
})

for (const [region, partition] of [
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
] as const) {
  test(`ARNs in ${region} are of the partition ${partition}`, async () => {
    const there = fixture.clientFor({ region })
    const { QueueUrl } = await there.createQueue({ QueueName: 'far' })
    const { Attributes } = await there.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
    assert.deepEqual(Attributes, { QueueArn: `arn:${partition}:sqs:${region}:000000000000:far` })
  })
}

test('the region of requests that name none is the node’s', async () => {
  await using inFrankfurt = await startNode({ region: 'eu-central-1' })
  const answer = await fetch(`${inFrankfurt.url}/?Action=CreateQueue&QueueName=q`)
  assert.equal(answer.status, 200)
  const described = await fetch(`${inFrankfurt.url}/000000000000/q?Action=GetQueueAttributes&AttributeName=QueueArn`)
  assert.match(await described.text(), /<Value>arn:aws:sqs:eu-central-1:000000000000:q<\/Value>/)
})
