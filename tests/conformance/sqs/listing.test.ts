/** ListQueues and ListDeadLetterSourceQueues: order, prefixes, pages and their tokens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const deadLetters = await fixture.createQueue({}, 'zz-dead-letters')
const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount: 1 })
for (const name of ['b-2', 'B-1', 'b-1', 'a_1', 'b-10', 'b']) await fixture.createQueue({ RedrivePolicy }, name)

const namesOf = (urls: readonly string[] | undefined) => urls?.map((url) => url.split('/').at(-1))
const list = async (QueueNamePrefix?: string) => namesOf((await sqs.listQueues({ QueueNamePrefix })).QueueUrls)

test('queues are listed by name', async () => {
  assert.deepEqual(await list(), ['B-1', 'a_1', 'b', 'b-1', 'b-10', 'b-2', 'zz-dead-letters'])
})

test('a prefix is literal and case-sensitive', async () => {
  assert.deepEqual(await list('b-'), ['b-1', 'b-10', 'b-2'])
  assert.deepEqual(await list('b-10'), ['b-10'])
  assert.deepEqual(await list('a_'), ['a_1'])
  assert.deepEqual(await list(''), await list())
  for (const prefix of ['c', 'b%', '%', 'b-100', '_', '\u{1f600}']) assert.equal(await list(prefix), undefined)
})

test('a list without queues has no member, in JSON and in XML', async () => {
  assert.equal((await fixture.json('ListQueues', { QueueNamePrefix: 'none' })).text, '{}')
  const { xml } = await fixture.query({ Action: 'ListQueues', QueueNamePrefix: 'none' })
  assert.match(xml, /<ListQueuesResult><\/ListQueuesResult>|<ListQueuesResult ?\/>/)
})

test('the sources of a dead-letter queue have a member even if there are none: queueUrls in JSON', async () => {
  assert.equal((await fixture.json('ListDeadLetterSourceQueues', { QueueUrl: 'b' })).text, '{"queueUrls":[]}')
})

test('the sources of a dead-letter queue are elements called QueueUrl in XML', async () => {
  const { xml } = await fixture.query({ Action: 'ListDeadLetterSourceQueues', QueueUrl: deadLetters })
  const urls = [...xml.matchAll(/<QueueUrl>([^<]*)<\/QueueUrl>/g)].map(([, url]) => url as string)
  assert.deepEqual(namesOf(urls), ['B-1', 'a_1', 'b', 'b-1', 'b-10', 'b-2'])
})

interface Page {
  readonly names: readonly (string | undefined)[] | undefined
  readonly next: string | undefined
}

async function queuesPage(MaxResults: number | undefined, NextToken?: string, QueueNamePrefix?: string): Promise<Page> {
  const answer = await sqs.listQueues({ MaxResults, NextToken, QueueNamePrefix })
  return { names: namesOf(answer.QueueUrls), next: answer.NextToken }
}

async function sourcesPage(MaxResults: number | undefined, NextToken?: string): Promise<Page> {
  const answer = await sqs.listDeadLetterSourceQueues({ QueueUrl: deadLetters, MaxResults, NextToken })
  return { names: namesOf(answer.queueUrls), next: answer.NextToken }
}

const listings = [
  { operation: 'ListQueues', page: queuesPage, all: ['B-1', 'a_1', 'b', 'b-1', 'b-10', 'b-2', 'zz-dead-letters'] },
  { operation: 'ListDeadLetterSourceQueues', page: sourcesPage, all: ['B-1', 'a_1', 'b', 'b-1', 'b-10', 'b-2'] },
] as const

for (const { operation, page, all } of listings) {
  for (const size of [1, 2, 3, 6, 7, 1000]) {
    test(`${operation} in pages of ${size} lists everything once`, async () => {
      const seen: (string | undefined)[] = []
      let pages = 0
      let token: string | undefined
      do {
        const { names, next } = await page(size, token)
        seen.push(...(names ?? []))
        pages++
        token = next
      } while (token !== undefined)
      assert.deepEqual(seen, all)
      assert.equal(pages, Math.ceil(all.length / size))
    })
  }

  test(`${operation} without a page size gives no token`, async () => {
    assert.equal((await page(undefined)).next, undefined)
  })

  test(`${operation} refuses page sizes that are not from 1 to 1000`, async () => {
    for (const size of [0, -1, 1001]) {
      const reason = 'MaxResults must be an integer between 1 and 1000.'
      await assert.rejects(page(size), invalidValue('MaxResults', size, reason))
    }
  })

  test(`${operation} refuses a token that it did not give for this request`, async () => {
    const expired = refusal('InvalidParameterValue', 'Invalid or expired next token.')
    const { next } = await page(2)
    for (const token of ['', 'x', 'e30', `x${next}`, 'bnVsbA']) await assert.rejects(page(2, token), expired)
  })
}

for (const { operation, page, all } of listings) {
  test(`${operation} goes on from a token with another page size, and without one to the end`, async () => {
    const { next } = await page(2)
    const three = await page(3, next)
    assert.deepEqual(three.names, all.slice(2, 5))
    assert.deepEqual((await page(1, three.next)).names, all.slice(5, 6))
    assert.deepEqual(await page(undefined, next), { names: all.slice(2), next: undefined })
  })
}

test('a token is good for the prefix and the operation it was given for, and for no other', async () => {
  const expired = refusal('InvalidParameterValue', 'Invalid or expired next token.')
  const { names, next } = await queuesPage(2, undefined, 'b-')
  assert.deepEqual(names, ['b-1', 'b-10'])
  await assert.rejects(queuesPage(2, next, 'b'), expired)
  await assert.rejects(sourcesPage(2, next), expired)
  assert.deepEqual((await queuesPage(2, next, 'b-')).names, ['b-2'])
})

test('queues that are deleted or created between two pages disturb nothing', async () => {
  for (const name of ['page-1', 'page-2', 'page-3']) await fixture.createQueue({}, name)
  const { next } = await queuesPage(2, undefined, 'page-')
  await sqs.deleteQueue({ QueueUrl: (await sqs.getQueueUrl({ QueueName: 'page-2' })).QueueUrl })
  await fixture.createQueue({}, 'page-25')
  assert.deepEqual((await queuesPage(2, next, 'page-')).names, ['page-25', 'page-3'])
})

test('without a page size at most a thousand queues are listed', async () => {
  const many = await startSqs()
  const names = Array.from({ length: 1001 }, (_, i) => `q-${String(i).padStart(4, '0')}`)
  for (let from = 0; from < names.length; from += 50) {
    await Promise.all(names.slice(from, from + 50).map((name) => many.createQueue({}, name)))
  }
  const { QueueUrls, NextToken } = await many.sqs.listQueues({})
  assert.deepEqual(namesOf(QueueUrls), names.slice(0, 1000))
  assert.equal(NextToken, undefined)
})
