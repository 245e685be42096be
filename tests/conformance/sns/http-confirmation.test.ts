/** The confirmation of HTTP subscriptions, their end by the link in each message, and the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Document } from './outside.ts'
import { eventually, openEndpoint, retryPolicy, settled, subscribeEndpoint } from './outside.ts'
import { invalidParameter, OTHER_ACCOUNT, refusal, startSns } from './support.ts'

const sns = await startSns()
/** Where nothing else is sent, so that a test can tell when sending has come to rest. */
const quiet = await startSns()

const get = async (url: string): Promise<{ status: number; xml: string }> => {
  const answer = await fetch(url)
  return { status: answer.status, xml: await answer.text() }
}

const listed = async (topicArn: string) => {
  const { Subscriptions = [] } = await sns.sns.listSubscriptionsByTopic({ TopicArn: topicArn })
  return Subscriptions.map(({ SubscriptionArn }) => SubscriptionArn)
}

test('an endpoint is asked at once, with headers and a document of its own', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const { SubscriptionArn } = await sns.sns.subscribe({ TopicArn: topicArn, Protocol: 'http', Endpoint: endpoint.url })
  assert.equal(SubscriptionArn, 'pending confirmation')

  const { method, path, headers, body } = await endpoint.nextOne()
  assert.deepEqual([method, path], ['POST', '/hook'])
  const document = JSON.parse(body) as Document
  assert.deepEqual(Object.keys(document), [
    'Type',
    'MessageId',
    'Token',
    'TopicArn',
    'Message',
    'SubscribeURL',
    'Timestamp',
    'SignatureVersion',
    'Signature',
    'SigningCertURL',
  ])
  assert.match(document.Token, /^[0-9a-f]{288}$/)
  assert.equal(
    document.Message,
    `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  )
  const query = `?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${document.Token}`
  assert.equal(document.SubscribeURL, `${sns.node.url}/${query}`)
  assert.equal(headers['x-amz-sns-message-type'], 'SubscriptionConfirmation')
  assert.equal(headers['x-amz-sns-message-id'], document.MessageId)
  assert.equal(headers['x-amz-sns-topic-arn'], topicArn)
  assert.equal(headers['x-amz-sns-subscription-arn'], undefined)
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8')
  assert.equal(headers['user-agent'], 'Amazon Simple Notification Service Agent')
  assert.equal(headers['accept-encoding'], 'gzip,deflate')
})

test('nothing is sent to a pending subscription, and what was published then is not sent later', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await sns.subscribe(topicArn, 'http', endpoint.url)
  const { SubscribeURL } = await endpoint.nextDocument()
  await sns.publish(topicArn, 'too early')
  assert.deepEqual(await listed(topicArn), ['PendingConfirmation'])

  const { status, xml } = await get(SubscribeURL)
  assert.equal(status, 200)
  assert.ok(xml.includes(`<SubscriptionArn>${arn}</SubscriptionArn>`), xml)
  assert.deepEqual(await listed(topicArn), [arn])
  await sns.publish(topicArn, 'in time')
  assert.equal((await endpoint.nextDocument()).Message, 'in time')
  assert.ok((await get(SubscribeURL)).xml.includes(arn)) // once more changes nothing
})

test('who confirms by the link is not known, who signs the call is', async () => {
  const topicArn = await sns.createTopic()
  const [byLink, byCall] = [await openEndpoint(), await openEndpoint()]
  const arn = await subscribeEndpoint(sns, topicArn, byLink)
  const other = await sns.subscribe(topicArn, 'http', byCall.url)
  const { Token } = await byCall.nextDocument()
  const confirmed = await sns.sns.confirmSubscription({ TopicArn: topicArn, Token })
  assert.equal(confirmed.SubscriptionArn, other)
  const authenticated = async (SubscriptionArn: string) => {
    const { Attributes } = await sns.sns.getSubscriptionAttributes({ SubscriptionArn })
    return [Attributes?.PendingConfirmation, Attributes?.ConfirmationWasAuthenticated]
  }
  assert.deepEqual(await authenticated(arn), ['false', 'false'])
  assert.deepEqual(await authenticated(other), ['false', 'true'])
})

test('a topic of another region, a token that nobody was given, and what is no token', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await sns.subscribe(topicArn, 'http', endpoint.url)
  const { Token } = await endpoint.nextDocument()
  const confirm = (TopicArn: string, token: string) => sns.sns.confirmSubscription({ TopicArn, Token: token })
  const abroad = topicArn.replace('us-east-1', 'eu-west-1')
  await assert.rejects(confirm(abroad, Token), invalidParameter('Topic'))
  await assert.rejects(confirm('topic', Token), invalidParameter('Topic'))
  // Signed in another region: the topic is of that one, and knows no such token.
  const { sns: theirs } = sns.clientsFor({ region: 'eu-west-1' })
  await assert.rejects(theirs.confirmSubscription({ TopicArn: abroad, Token }), invalidParameter('Token'))
  for (const unknown of ['0', 'a'.repeat(288), 'F'.repeat(300)]) {
    await assert.rejects(confirm(topicArn, unknown), invalidParameter('Token'))
  }
  await assert.rejects(confirm(topicArn, 'randomtoken'), refusal('InvalidParameter', 'Invalid token'))
  // Another name in the same region does no harm.
  await confirm(`${topicArn}-other`, Token)
})

test('subscribing again asks again, with a token that replaces the first', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await sns.subscribe(topicArn, 'http', endpoint.url)
  const first = await endpoint.nextDocument()
  assert.equal(await sns.subscribe(topicArn, 'http', endpoint.url), arn)
  const second = await endpoint.nextDocument()
  assert.notEqual(second.Token, first.Token)
  assert.deepEqual(await listed(topicArn), ['PendingConfirmation'])
  const stale = await get(first.SubscribeURL)
  assert.equal(stale.status, 400)
  assert.ok(stale.xml.includes('<Message>Invalid parameter: Token</Message>'), stale.xml)
  assert.equal((await get(second.SubscribeURL)).status, 200)
})

test('a confirmation is tried again by the policy, and no more once it has been overtaken', async () => {
  const topicArn = await quiet.createTopic()
  const endpoint = await openEndpoint(() => 500)
  await settled(quiet, () => quiet.subscribe(topicArn, 'http', endpoint.url))
  await endpoint.next(1)
  await settled(quiet, async () => quiet.advance(20))
  const { SubscribeURL } = await endpoint.nextDocument()
  assert.equal((await get(SubscribeURL)).status, 200)
  endpoint.answer = () => 200
  await settled(quiet, async () => quiet.advance(20))
  await settled(quiet, () => quiet.publish(topicArn, 'confirmed'))
  assert.equal((await endpoint.nextDocument()).Message, 'confirmed')
})

test('a subscription that nobody confirms is gone after two days', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await sns.subscribe(topicArn, 'http', endpoint.url)
  const { SubscribeURL } = await endpoint.nextDocument()
  sns.advance(2 * 86_400 - 60)
  assert.deepEqual(await listed(topicArn), ['PendingConfirmation'])
  sns.advance(61)
  assert.equal((await get(SubscribeURL)).status, 400)
  await eventually(async () => (await listed(topicArn)).length === 0)
  await assert.rejects(
    sns.sns.getSubscriptionAttributes({ SubscriptionArn: arn }),
    refusal('NotFound', 'Subscription does not exist', 404),
  )
  assert.equal((await sns.sns.getTopicAttributes({ TopicArn: topicArn })).Attributes?.SubscriptionsPending, '0')
})

test('the link in a message ends the subscription; the endpoint is told, and can take it back', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await subscribeEndpoint(sns, topicArn, endpoint)
  await sns.publish(topicArn, 'one')
  const { UnsubscribeURL } = await endpoint.nextDocument()
  assert.equal(UnsubscribeURL, `${sns.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`)
  assert.equal((await get(UnsubscribeURL)).status, 200)

  const { headers, body } = await endpoint.nextOne()
  assert.equal(headers['x-amz-sns-message-type'], 'UnsubscribeConfirmation')
  assert.equal(headers['x-amz-sns-subscription-arn'], arn)
  const told = JSON.parse(body) as Document
  assert.equal(
    told.Message,
    `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
  )
  assert.deepEqual(await listed(topicArn), ['Deleted'])
  await sns.publish(topicArn, 'nobody gets this')
  const restored = await get(told.SubscribeURL)
  assert.ok(restored.xml.includes(arn), restored.xml)
  await sns.publish(topicArn, 'back')
  assert.equal((await endpoint.nextDocument()).Message, 'back')
})

test('the owner’s own call ends it without a word', async () => {
  const topicArn = await sns.createTopic()
  const [gone, there] = [await openEndpoint(), await openEndpoint()]
  const arn = await subscribeEndpoint(sns, topicArn, gone)
  await subscribeEndpoint(sns, topicArn, there)
  await sns.sns.unsubscribe({ SubscriptionArn: arn })
  await sns.publish(topicArn, 'after')
  assert.equal((await there.nextDocument()).Message, 'after')
  assert.equal(gone.requests.length, 1)
})

test('an endpoint that fails is told of the end by its retries, and what nobody takes is dropped', async () => {
  const topicArn = await quiet.createTopic()
  const deadLetters = await quiet.createQueue()
  const endpoint = await openEndpoint(() => 500)
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn })
  const DeliveryPolicy = retryPolicy({ numRetries: 1, minDelayTarget: 1, maxDelayTarget: 1 })
  const attributes = { RedrivePolicy, DeliveryPolicy }
  const arn = await settled(quiet, () => subscribeEndpoint(quiet, topicArn, endpoint, attributes))
  await settled(quiet, () => get(`${quiet.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`))
  await endpoint.next(1)
  await settled(quiet, async () => quiet.advance(1))
  await endpoint.next(1)
  assert.deepEqual(await quiet.receive(deadLetters), [])
})

test('where the confirmation asked for it, only who signs can end it', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await sns.subscribe(topicArn, 'http', endpoint.url)
  const { Token } = await endpoint.nextDocument()
  await sns.sns.confirmSubscription({ TopicArn: topicArn, Token, AuthenticateOnUnsubscribe: 'true' })
  const refused = await get(`${sns.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`)
  assert.equal(refused.status, 403)
  assert.ok(refused.xml.includes('<Code>AuthorizationError</Code>'), refused.xml)
  await sns.publish(topicArn, 'still there')
  assert.equal((await endpoint.nextDocument()).Message, 'still there')
  await sns.sns.unsubscribe({ SubscriptionArn: arn })
  assert.deepEqual(await listed(topicArn), ['Deleted'])
})

test('a queue of another account gets the document, and confirms by it', async () => {
  const topicArn = await sns.createTopic()
  const other = sns.clientsFor({ accountId: OTHER_ACCOUNT })
  const { QueueUrl } = await other.sqs.createQueue({ QueueName: 'theirs' })
  const queueArn = `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:theirs`
  const answer = await sns.sns.subscribe({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn })
  assert.equal(answer.SubscriptionArn, 'pending confirmation')
  const receive = async () => {
    const { Messages = [] } = await other.sqs.receiveMessage({ QueueUrl })
    return Messages.map(({ Body }) => JSON.parse(Body as string) as Document)
  }
  const [asked] = await receive()
  assert.equal(asked?.Type, 'SubscriptionConfirmation')
  assert.equal((await get(asked.SubscribeURL)).status, 200)
  await sns.publish(topicArn, 'across')
  assert.deepEqual(
    (await receive()).map(({ Message }) => Message),
    ['across'],
  )
  const own = await sns.createTopic()
  const direct = await other.sns.subscribe({ TopicArn: own, Protocol: 'sqs', Endpoint: queueArn })
  assert.match(direct.SubscriptionArn ?? '', /^arn:/) // its owner subscribes it: nobody is asked
})
