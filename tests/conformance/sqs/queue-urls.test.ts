/** Queue URLs: the styles that are handed out, those that are understood, and whose queue a URL or a name means. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNode } from '../../../src/testing/node.ts'
import { refusal, startSqs, withOptions } from './support.ts'

const fixture = await startSqs()
const { sqs, node } = fixture
const host = new URL(node.url).host

const missing = refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')

const styles = [
  { urlStyle: 'off', url: (at: string) => `http://${at}/000000000000/orders` },
  { urlStyle: 'dynamic', url: (at: string) => `http://${at}/000000000000/orders` },
  { urlStyle: 'path', url: (at: string) => `http://${at}/queue/us-east-1/000000000000/orders` },
  { urlStyle: 'standard', url: (at: string) => `http://sqs.us-east-1.${at}/000000000000/orders` },
  { urlStyle: 'domain', url: (at: string) => `http://queue.${at}/000000000000/orders` },
] as const

for (const { urlStyle, url } of styles) {
  test(`queue URLs of the style "${urlStyle}" are the same from every operation, and resolve`, async () => {
    const own = await startSqs(withOptions({ urlStyle }))
    const expected = url(new URL(own.node.url).host)
    assert.equal(await own.createQueue({}, 'orders'), expected)
    assert.equal((await own.sqs.getQueueUrl({ QueueName: 'orders' })).QueueUrl, expected)
    assert.deepEqual((await own.sqs.listQueues()).QueueUrls, [expected])
    assert.equal((await own.json('SendMessage', { QueueUrl: expected, MessageBody: 'x' })).status, 200)
  })
}

test('a region other than us-east-1 shows in the URLs of the styles that name it', async () => {
  const inIreland = {
    authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sqs/aws4_request, Signature=x',
  }
  for (const [urlStyle, prefix, path] of [
    ['path', '', '/queue/eu-west-1'],
    ['standard', 'sqs.eu-west-1.', ''],
    ['domain', 'eu-west-1.queue.', ''],
  ] as const) {
    const own = await startSqs(withOptions({ urlStyle }))
    const { body } = await own.json('CreateQueue', { QueueName: 'orders' }, inIreland)
    assert.equal(body.QueueUrl, `http://${prefix}${new URL(own.node.url).host}${path}/000000000000/orders`)
    const { status } = await own.json('SendMessage', { QueueUrl: body.QueueUrl, MessageBody: 'x' })
    assert.equal(status, 200)
  }
})

const queue = await fixture.createQueue({}, 'orders')

for (const url of [
  `http://${host}/000000000000/orders`,
  `http://${host}/000000000000/orders/`,
  `https://elsewhere.example/000000000000/orders`,
  `http://${host}/queue/us-east-1/000000000000/orders`,
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

for (const url of ['', '/', 'http://localhost', 'http://localhost/x/orders', 'http://localhost/00000000000/orders']) {
  test(`${JSON.stringify(url)} has no account id where one belongs, and is an invalid address`, async () => {
    const { status, queryError } = await fixture.json('GetQueueAttributes', { QueueUrl: url })
    assert.equal(status, 404)
    assert.equal(queryError, 'InvalidAddress;Sender')
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

test('regions do not see each other’s queues, though their URLs may look the same', async () => {
  const [virginia, ireland] = ['us-east-1', 'eu-west-1'].map((region) =>
    fixture.clientFor({ accountId: '333333333333', region }),
  )
  assert.ok(virginia && ireland)
  const { QueueUrl } = await virginia.createQueue({ QueueName: 'regional' })
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
