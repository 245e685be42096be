/** AddPermission and RemovePermission: what they make of a topic's policy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, notFound, OTHER_ACCOUNT, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const policyOf = async (TopicArn: string) => {
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  return JSON.parse(Attributes?.Policy ?? '')
}
const add = (TopicArn: string, Label: string, ActionName: string[], AWSAccountId = [OTHER_ACCOUNT]) =>
  sns.addPermission({ TopicArn, Label, ActionName, AWSAccountId })
const root = (account: string) => `arn:aws:iam::${account}:root`

test('a permission is one more statement, with bare values for lists of one', async () => {
  const topic = await fixture.createTopic()
  const { Statement: before, ...rest } = await policyOf(topic)
  await add(topic, 'publishers', ['Publish'])
  await add(topic, 'readers', ['Subscribe', 'GetTopicAttributes'], [OTHER_ACCOUNT, ACCOUNT])
  const { Statement, ...same } = await policyOf(topic)
  assert.deepEqual(same, rest)
  assert.deepEqual(Statement, [
    ...before,
    {
      Sid: 'publishers',
      Effect: 'Allow',
      Principal: { AWS: root(OTHER_ACCOUNT) },
      Action: 'SNS:Publish',
      Resource: topic,
    },
    {
      Sid: 'readers',
      Effect: 'Allow',
      Principal: { AWS: [root(OTHER_ACCOUNT), root(ACCOUNT)] },
      Action: ['SNS:Subscribe', 'SNS:GetTopicAttributes'],
      Resource: topic,
    },
  ])
})

test('every action of topics can be granted', async () => {
  const topic = await fixture.createTopic()
  const actions = [
    'Publish',
    'RemovePermission',
    'SetTopicAttributes',
    'DeleteTopic',
    'ListSubscriptionsByTopic',
    'GetTopicAttributes',
    'AddPermission',
    'Subscribe',
    'Receive',
  ]
  await add(topic, 'all', actions)
  const { Statement } = await policyOf(topic)
  assert.deepEqual(
    Statement.at(-1).Action,
    actions.map((action) => `SNS:${action}`),
  )
})

test('RemovePermission takes the statement out, and an unknown label is no error', async () => {
  const topic = await fixture.createTopic()
  const before = await policyOf(topic)
  await add(topic, 'one', ['Publish'])
  await add(topic, 'two', ['Publish'])
  await sns.removePermission({ TopicArn: topic, Label: 'unknown' })
  await sns.removePermission({ TopicArn: topic, Label: 'one' })
  assert.deepEqual(
    (await policyOf(topic)).Statement.map(({ Sid }: { Sid: string }) => Sid),
    ['__default_statement_ID', 'two'],
  )
  await sns.removePermission({ TopicArn: topic, Label: 'two' })
  assert.deepEqual(await policyOf(topic), before)
})

test('a label that is there is refused', async () => {
  const topic = await fixture.createTopic()
  await add(topic, 'one', ['Publish'])
  const before = await policyOf(topic)
  await assert.rejects(add(topic, 'one', ['Subscribe']), invalidParameter('Statement already exists'))
  assert.deepEqual(await policyOf(topic), before)
})

test('other actions are out of scope, also with their prefix', async () => {
  const topic = await fixture.createTopic()
  for (const action of ['CreateTopic', 'SNS:Publish', '*', 'publish', '']) {
    await assert.rejects(
      add(topic, 'x', ['Publish', action]),
      invalidParameter('Policy statement action out of service scope!'),
    )
  }
})

test('a topic that is not there has no permissions', async () => {
  const TopicArn = topicArnOf('nothing')
  await assert.rejects(add(TopicArn, 'x', ['Publish']), notFound('Topic'))
  await assert.rejects(add(TopicArn, 'x', ['CreateTopic']), notFound('Topic'))
  await assert.rejects(sns.removePermission({ TopicArn, Label: 'x' }), notFound('Topic'))
})
