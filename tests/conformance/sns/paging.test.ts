/** Listings: pages of a hundred, each thing once, whatever changes meanwhile; and tokens that are none. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { invalidParameter, notFound, OTHER_ACCOUNT, queueArnOf, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const COUNT = 250
const topic = topicArnOf('topic-000')
const numbered = (kind: string) => Array.from({ length: COUNT }, (_, i) => `${kind}-${String(i).padStart(3, '0')}`)

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

const topics = async (NextToken?: string): Promise<Page<string | undefined>> => {
  const { Topics = [], NextToken: next } = await sns.listTopics({ NextToken })
  return { items: Topics.map(({ TopicArn }) => TopicArn), next }
}
const subscriptions = async (NextToken?: string): Promise<Page<string | undefined>> => {
  const { Subscriptions = [], NextToken: next } = await sns.listSubscriptions({ NextToken })
  return { items: Subscriptions.map(({ Endpoint }) => Endpoint), next }
}
const ofTopic = async (NextToken?: string): Promise<Page<string | undefined>> => {
  const { Subscriptions = [], NextToken: next } = await sns.listSubscriptionsByTopic({ TopicArn: topic, NextToken })
  return { items: Subscriptions.map(({ Endpoint }) => Endpoint), next }
}

before(async () => {
  await Promise.all(numbered('topic').map((name) => fixture.createTopic({}, name)))
  await Promise.all(numbered('queue').map((name) => fixture.subscribe(topic, 'sqs', queueArnOf(name))))
  const { sns: theirs } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  const { sns: elsewhere } = fixture.clientsFor({ region: 'eu-west-1' })
  for (const client of [theirs, elsewhere]) await client.createTopic({ Name: 'topic-not-here' })
})

async function pagesOf<T>(list: (token?: string) => Promise<Page<T>>): Promise<readonly T[][]> {
  const pages: T[][] = []
  let token: string | undefined
  do {
    const { items, next } = await list(token)
    pages.push([...items])
    token = next
  } while (token !== undefined)
  return pages
}

for (const [what, list, names] of [
  ['ListTopics', topics, numbered('topic').map(topicArnOf)],
  ['ListSubscriptions', subscriptions, numbered('queue').map(queueArnOf)],
  ['ListSubscriptionsByTopic', ofTopic, numbered('queue').map(queueArnOf)],
] as const) {
  test(`${what} shows a hundred at a time`, async () => {
    const pages = await pagesOf<string | undefined>(list)
    assert.deepEqual(
      pages.map((page) => page.length),
      [100, 100, 50],
    )
    assert.deepEqual(pages.flat().sort(), names)
  })
}

test('a token is base64, and can be used again', async () => {
  const { next = '' } = await topics()
  assert.match(next, /^[A-Za-z0-9+/]+=*$/)
  assert.deepEqual(await topics(next), await topics(next))
})

test('what was removed or added between two pages moves nothing else', async () => {
  const TopicArn = await fixture.createTopic({}, 'many')
  const names = numbered('more').slice(0, 150)
  const arns = []
  for (const name of names) arns.push(await fixture.subscribe(TopicArn, 'sqs', queueArnOf(name)))
  const first = await sns.listSubscriptionsByTopic({ TopicArn })
  await sns.unsubscribe({ SubscriptionArn: arns[0] })
  await sns.unsubscribe({ SubscriptionArn: arns[99] })
  await fixture.subscribe(TopicArn, 'sqs', queueArnOf('latest'))
  const second = await sns.listSubscriptionsByTopic({ TopicArn, NextToken: first.NextToken })
  const listed = [...(first.Subscriptions ?? []), ...(second.Subscriptions ?? [])].map(({ Endpoint }) => Endpoint)
  assert.deepEqual(listed, [...names, 'latest'].map(queueArnOf))
  await sns.deleteTopic({ TopicArn })
})

test('a token of another listing, or none at all, is refused', async () => {
  const [{ next: ofTopics }, { next: ofSubscriptions }, { next: ofOneTopic }] = [
    await topics(),
    await subscriptions(),
    await ofTopic(),
  ]
  const { sns: theirs } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  for (const NextToken of ['x', '%%%', Buffer.from('{"a":1}').toString('base64'), ofSubscriptions, ofOneTopic]) {
    await assert.rejects(sns.listTopics({ NextToken }), invalidParameter('NextToken'))
  }
  for (const NextToken of ['x', ofTopics, ofOneTopic]) {
    await assert.rejects(sns.listSubscriptions({ NextToken }), invalidParameter('NextToken'))
  }
  await assert.rejects(
    sns.listSubscriptionsByTopic({ TopicArn: topicArnOf('topic-001'), NextToken: ofOneTopic }),
    invalidParameter('NextToken'),
  )
  await assert.rejects(theirs.listTopics({ NextToken: ofTopics }), invalidParameter('NextToken'))
})

test('an empty token is the beginning', async () => {
  assert.deepEqual(await topics(''), await topics())
})

test('the subscriptions of a topic that is not there can’t be listed', async () => {
  await assert.rejects(sns.listSubscriptionsByTopic({ TopicArn: topicArnOf('nothing') }), notFound('Topic'))
})
