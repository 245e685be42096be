/** The life of a topic: its name, what a repeated CreateTopic may bring, its end, and what the end leaves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, notFound, OTHER_ACCOUNT, refusal, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const FIFO = { FifoTopic: 'true' }

test('the ARN of a topic has its region, account and name', async () => {
  const tokyo = fixture.clientsFor({ accountId: OTHER_ACCOUNT, region: 'ap-northeast-1' }).sns
  const { TopicArn } = await tokyo.createTopic({ Name: 'here' })
  assert.equal(TopicArn, `arn:aws:sns:ap-northeast-1:${OTHER_ACCOUNT}:here`)
  const china = fixture.clientsFor({ region: 'cn-north-1' }).sns
  assert.equal((await china.createTopic({ Name: 'here' })).TopicArn, `arn:aws-cn:sns:cn-north-1:${ACCOUNT}:here`)
  await assert.rejects(sns.getTopicAttributes({ TopicArn: topicArnOf('here') }), notFound('Topic'))
})

test('names have 1 to 256 letters, digits, hyphens and underscores', async () => {
  for (const name of ['a', 'a'.repeat(256), '-_09azAZ'])
    assert.equal(await fixture.createTopic({}, name), topicArnOf(name))
  const longest = `${'a'.repeat(251)}.fifo`
  assert.equal(await fixture.createTopic(FIFO, longest), topicArnOf(longest))
})

for (const [name, attributes] of [
  ['', {}],
  ['a'.repeat(257), {}],
  ['a b', {}],
  ['a.b', {}],
  ['é', {}],
  ['a:b', {}],
  ['a/b', {}],
  ['a.fifo', {}],
  ['a.fifo', { FifoTopic: 'false' }],
  ['a', FIFO],
  ['.fifo', FIFO],
  ['a.FIFO', FIFO],
  [`${'a'.repeat(252)}.fifo`, FIFO],
] as const) {
  test(`the name ${JSON.stringify(name.slice(0, 10))} (${name.length}) is refused with ${JSON.stringify(attributes)}`, async () => {
    await assert.rejects(fixture.createTopic(attributes, name), invalidParameter('Topic Name'))
  })
}

test('FifoTopic=false is what a standard topic is, and is not shown', async () => {
  const topic = await fixture.createTopic({ FifoTopic: 'false' })
  const { Attributes } = await sns.getTopicAttributes({ TopicArn: topic })
  assert.equal(Attributes?.FifoTopic, undefined)
})

test('content-based deduplication is for FIFO topics', async () => {
  await assert.rejects(
    fixture.createTopic({ ContentBasedDeduplication: 'true' }),
    invalidParameter(/^Invalid parameter: Attributes Reason: /),
  )
})

const OTHERS = 'Attributes Reason: Topic already exists with different attributes'
const DISPLAYED = { DisplayName: 'one' }

for (const [what, first, again, same] of [
  ['none, none', {}, {}, true],
  ['some, none', DISPLAYED, {}, true],
  ['some, the same', DISPLAYED, DISPLAYED, true],
  ['some, a subset', { ...DISPLAYED, SignatureVersion: '2' }, DISPLAYED, true],
  ['none, the default', {}, { DisplayName: '' }, true],
  ['none, one more', {}, DISPLAYED, false],
  ['some, a different one', DISPLAYED, { DisplayName: 'two' }, false],
  ['some, one more', DISPLAYED, { ...DISPLAYED, SignatureVersion: '2' }, false],
] as const) {
  test(`CreateTopic twice with the attributes ${what}: ${same ? 'the same topic' : 'refused'}`, async () => {
    const name = fixture.newName()
    const arn = await fixture.createTopic(first, name)
    const repeated = fixture.createTopic(again, name)
    if (same) assert.equal(await repeated, arn)
    else await assert.rejects(repeated, invalidParameter(OTHERS))
    const { Attributes } = await sns.getTopicAttributes({ TopicArn: arn })
    assert.equal(Attributes?.DisplayName, 'DisplayName' in first ? first.DisplayName : '')
  })
}

test('CreateTopic of a FIFO topic compares its attributes too', async () => {
  const name = `${fixture.newName()}.fifo`
  const arn = await fixture.createTopic(FIFO, name)
  assert.equal(await fixture.createTopic({ ...FIFO, ContentBasedDeduplication: 'false' }, name), arn)
  await assert.rejects(
    fixture.createTopic({ ...FIFO, ContentBasedDeduplication: 'true' }, name),
    invalidParameter(OTHERS),
  )
})

const one = { Key: 'team', Value: 'one' }
const other = { Key: 'stage', Value: 'test' }

for (const [what, first, again, same] of [
  ['the same', [one, other], [other, one], true],
  ['a subset', [one, other], [one], true],
  ['none', [one], [], true],
  ['a superset', [one], [one, other], false],
  ['another value', [one], [{ ...one, Value: 'two' }], false],
] as const) {
  test(`CreateTopic again with ${what} of its tags: ${same ? 'the same topic' : 'refused'}`, async () => {
    const Name = fixture.newName()
    const { TopicArn } = await sns.createTopic({ Name, Tags: [...first] })
    const repeated = sns.createTopic({ Name, Tags: [...again] })
    if (same) assert.equal((await repeated).TopicArn, TopicArn)
    else await assert.rejects(repeated, invalidParameter('Tags Reason: Topic already exists with different tags'))
    const { Tags } = await sns.listTagsForResource({ ResourceArn: TopicArn })
    assert.deepEqual(new Set(Tags), new Set(first))
  })
}

test('CreateTopic refuses tags that TagResource would refuse, and creates nothing', async () => {
  const Name = fixture.newName()
  await assert.rejects(
    sns.createTopic({ Name, Tags: [one, one] }),
    invalidParameter('Duplicated keys are not allowed.'),
  )
  const many = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' }))
  await assert.rejects(sns.createTopic({ Name, Tags: many }), refusal('TagLimitExceeded', /tag quota/))
  await assert.rejects(sns.getTopicAttributes({ TopicArn: topicArnOf(Name) }), notFound('Topic'))
})

test('DeleteTopic is idempotent', async () => {
  const TopicArn = await fixture.createTopic()
  await sns.deleteTopic({ TopicArn })
  await sns.deleteTopic({ TopicArn })
  await sns.deleteTopic({ TopicArn: topicArnOf('never-was') })
  await assert.rejects(sns.getTopicAttributes({ TopicArn }), notFound('Topic'))
})

test('a topic that is created anew has no tags, attributes or subscriptions of the old one', async () => {
  const Name = fixture.newName()
  const { TopicArn = '' } = await sns.createTopic({ Name, Tags: [one], Attributes: DISPLAYED })
  const queue = await fixture.subscribeQueue(TopicArn)
  await sns.deleteTopic({ TopicArn })
  await sns.createTopic({ Name, Tags: [other] })
  assert.deepEqual((await sns.listTagsForResource({ ResourceArn: TopicArn })).Tags, [other])
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  assert.equal(Attributes?.DisplayName, '')
  assert.equal(Attributes?.SubscriptionsConfirmed, '0')
  await fixture.publish(TopicArn, 'for nobody')
  assert.deepEqual(await fixture.bodies(queue), [])
  await fixture.subscribeQueue(TopicArn, {}, queue)
  await fixture.publish(TopicArn, 'for the queue')
  assert.deepEqual(
    (await fixture.envelopes(queue)).map(({ Message }) => Message),
    ['for the queue'],
  )
})

test('the subscriptions of a deleted topic can be read in full and removed; lists don’t show them', async () => {
  const TopicArn = await fixture.createTopic()
  const { subscriptionArn: SubscriptionArn } = await fixture.subscribeQueue(TopicArn, { RawMessageDelivery: 'true' })
  const before = await sns.getSubscriptionAttributes({ SubscriptionArn })
  await sns.deleteTopic({ TopicArn })
  const orphan = await sns.getSubscriptionAttributes({ SubscriptionArn })
  assert.deepEqual(orphan.Attributes, before.Attributes)
  const { Subscriptions = [] } = await sns.listSubscriptions({})
  assert.ok(!Subscriptions.some((listed) => listed.SubscriptionArn === SubscriptionArn))
  await assert.rejects(sns.listSubscriptionsByTopic({ TopicArn }), notFound('Topic'))
  await sns.unsubscribe({ SubscriptionArn })
  await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn }), notFound('Subscription'))
})

test('the subscriptions of a deleted topic are collected after a day', { timeout: 20_000 }, async () => {
  const TopicArn = await fixture.createTopic()
  const { subscriptionArn: SubscriptionArn } = await fixture.subscribeQueue(TopicArn)
  await sns.deleteTopic({ TopicArn })
  fixture.advance(24 * 3600 - 60)
  await sns.getSubscriptionAttributes({ SubscriptionArn })
  fixture.advance(60)
  await eventuallyRejected(() => sns.getSubscriptionAttributes({ SubscriptionArn }), notFound('Subscription'))
})

/** What a job does after the clock was moved is done soon, but not at once. */
async function eventuallyRejected(call: () => Promise<unknown>, expected: (error: unknown) => boolean): Promise<void> {
  for (;;) {
    const error = await call().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (error !== undefined) return void expected(error)
  }
}

test('a topic with an active archive can’t be deleted', async () => {
  const TopicArn = await fixture.createFifoTopic({ ArchivePolicy: '{"MessageRetentionPeriod":"7"}' })
  await assert.rejects(sns.deleteTopic({ TopicArn }), refusal('InvalidState', /ArchivePolicy/))
  await sns.setTopicAttributes({ TopicArn, AttributeName: 'ArchivePolicy', AttributeValue: '{}' })
  await sns.deleteTopic({ TopicArn })
})

test('creating and deleting at once leaves a topic or none, and each call is answered', async () => {
  const Name = fixture.newName()
  const TopicArn = topicArnOf(Name)
  const created = await Promise.all(Array.from({ length: 20 }, () => sns.createTopic({ Name })))
  assert.deepEqual(new Set(created.map((one) => one.TopicArn)), new Set([TopicArn]))
  const calls = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0 ? sns.createTopic({ Name }) : sns.deleteTopic({ TopicArn }),
  )
  await Promise.all(calls)
  await sns.deleteTopic({ TopicArn })
  await assert.rejects(sns.getTopicAttributes({ TopicArn }), notFound('Topic'))
})

test('changes at once are all kept', async () => {
  const TopicArn = await fixture.createTopic()
  const numbers = Array.from({ length: 20 }, (_, i) => i)
  const changes = numbers.flatMap((number) => [
    sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: `k${number}`, Value: '' }] }),
    sns.addPermission({ TopicArn, Label: `l${number}`, AWSAccountId: [ACCOUNT], ActionName: ['Publish'] }),
  ])
  await Promise.all([
    ...changes,
    sns.setTopicAttributes({ TopicArn, AttributeName: 'DisplayName', AttributeValue: 'x' }),
  ])
  const { Tags } = await sns.listTagsForResource({ ResourceArn: TopicArn })
  assert.equal(Tags?.length, numbers.length)
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  assert.equal(JSON.parse(Attributes?.Policy ?? '').Statement.length, numbers.length + 1)
  assert.equal(Attributes?.DisplayName, 'x')
})
