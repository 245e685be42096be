/** The links in mails, as a browser follows them: plain pages that say what has happened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './outside.ts'
import { startSns } from './support.ts'

const sns = await startSns()

async function open(url: string) {
  const answer = await fetch(url, { headers: { accept: 'text/html', 'user-agent': 'Mozilla/5.0' } })
  const html = await answer.text()
  const text = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(html)?.[1]
  return { status: answer.status, headers: answer.headers, html, heading: text('h1'), title: text('title') }
}

async function pending(): Promise<{ topicArn: string; arn: string; token: string }> {
  const topicArn = await sns.createTopic()
  const address = `${sns.newName('someone')}@example.com`
  const arn = await settled(sns, () => sns.subscribe(topicArn, 'email', address))
  const answer = await fetch(`${sns.node.url}/_millrace/outbox?to=${address}`)
  const { items } = (await answer.json()) as { items: { content: { text: string } }[] }
  return { topicArn, arn, token: /Token=([0-9a-f]+)/.exec(items[0]?.content.text ?? '')?.[1] as string }
}

const isPending = async (SubscriptionArn: string) =>
  (await sns.sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes?.PendingConfirmation

test('the page confirms when it is opened, and again when it is opened again', async () => {
  const { topicArn, arn, token } = await pending()
  const url = `${sns.node.url}/confirmation.html?TopicArn=${topicArn}&Token=${token}`
  for (let time = 0; time < 2; time++) {
    const { status, headers, html, heading, title } = await open(url)
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(heading, 'The subscription is confirmed')
    assert.equal(title, heading)
    assert.ok(html.startsWith('<!doctype html>\n<html lang="en">'))
    assert.ok(html.includes(arn))
    assert.equal(headers.get('referrer-policy'), 'no-referrer') // the address has a token in it
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(await isPending(arn), 'false')
  }
})

test('the page that ends a subscription does so when it is opened', async () => {
  const { topicArn, arn, token } = await pending()
  await open(`${sns.node.url}/confirmation.html?TopicArn=${topicArn}&Token=${token}`)
  const url = `${sns.node.url}/unsubscribe.html?SubscriptionArn=${arn}`
  for (let time = 0; time < 2; time++) {
    const { status, heading } = await open(url)
    assert.deepEqual([status, heading], [200, 'The subscription is removed'])
  }
  const { Attributes } = await sns.sns.getTopicAttributes({ TopicArn: topicArn })
  assert.deepEqual([Attributes?.SubscriptionsConfirmed, Attributes?.SubscriptionsDeleted], ['0', '1'])
})

test('ARNs may be encoded, as some programs do with links', async () => {
  const { topicArn, arn, token } = await pending()
  const confirmed = await open(
    `${sns.node.url}/confirmation.html?TopicArn=${encodeURIComponent(topicArn)}&Token=${token}`,
  )
  assert.equal(confirmed.status, 200)
  assert.equal((await open(`${sns.node.url}/unsubscribe.html?SubscriptionArn=${encodeURIComponent(arn)}`)).status, 200)
})

const unknown = '0'.repeat(288)
const topicArn = 'arn:aws:sns:us-east-1:000000000000:t'
const refused: readonly (readonly [address: string, heading: string, text: string])[] = [
  ['confirmation.html', 'The subscription was not confirmed', 'Invalid parameter: Topic'],
  [`confirmation.html?TopicArn=${topicArn}&Token=x`, 'The subscription was not confirmed', 'Invalid token'],
  [
    `confirmation.html?TopicArn=${topicArn}&Token=${unknown}`,
    'The subscription was not confirmed',
    'Invalid parameter: Token',
  ],
  [
    'unsubscribe.html?SubscriptionArn=a:b',
    'The subscription was not removed',
    'Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 2',
  ],
]
for (const [address, title, text] of refused) {
  test(`/${address.slice(0, 60)} says what is wrong`, async () => {
    const { status, html, heading } = await open(`${sns.node.url}/${address}`)
    assert.equal(status, 400)
    assert.equal(heading, title)
    assert.ok(html.includes(`<p>${text}</p>`), html)
  })
}

test('what comes from the address is shown as text', async () => {
  const script = '<script>alert(1)</script>'
  const arn = `${topicArn}:${encodeURIComponent(script)}`
  for (const address of [`unsubscribe.html?SubscriptionArn=${arn}`, `confirmation.html?TopicArn=${arn}&Token=x`]) {
    assert.ok(!(await open(`${sns.node.url}/${address}`)).html.includes('<script'))
  }
})

test('the API itself answers an unsigned GET, from a browser too', async () => {
  const { topicArn: topic, arn, token } = await pending()
  const confirmed = await open(`${sns.node.url}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${token}`)
  assert.equal(confirmed.status, 200)
  assert.match(confirmed.headers.get('content-type') ?? '', /^text\/xml/)
  assert.equal(await isPending(arn), 'false')
  assert.equal((await open(`${sns.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`)).status, 200)
})
