/**
 * A topic with more subscriptions than one transaction delivers to: a job finishes what the publish began. They are of
 * queues that aren't there, with one dead-letter queue, which so gets a copy for each. On a node that goes on, one that is
 * stopped in the middle, and one that is killed there.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { spawnNode, startNode } from '../../../src/testing/node.ts'
import { shiftClock } from '../../../src/testing/shift-clock.ts'
import { ACCOUNT, clientsOf, queueArnOf, topicArnOf } from './support.ts'

const SUBSCRIPTIONS = 2_200
const CALLS_AT_ONCE = 40
/** Copies that never come are waited for this long. */
const TIMEOUT_MS = 60_000
const TopicArn = topicArnOf('large')

interface RunningNode {
  readonly url: string
  end(): Promise<unknown>
}

const start = async (): Promise<RunningNode> => {
  const node = await startNode({ dataDir })
  return { url: node.url, end: () => node.stop() }
}

const spawn = async (): Promise<RunningNode> => {
  const node = await spawnNode({ dataDir, args: ['--log-level', 'silent'] })
  return { url: node.url, end: () => node.kill('SIGKILL') }
}

/** A node and its clients, until the end of the node. */
class Run {
  readonly #node: RunningNode
  readonly #clients: ReturnType<typeof clientsOf>

  constructor(node: RunningNode) {
    this.#node = node
    this.#clients = clientsOf(node.url)
  }

  get sns() {
    return this.#clients.sns
  }

  get sqs() {
    return this.#clients.sqs
  }

  get deadLetterQueue(): string {
    return `${this.#node.url}/${ACCOUNT}/dead`
  }

  /** One of the subscriptions has a filter policy that lets nothing through. */
  async makeTopic(): Promise<void> {
    await this.sqs.createQueue({ QueueName: 'dead' })
    await this.sns.createTopic({ Name: 'large' })
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArnOf('dead') })
    const names = Array.from({ length: SUBSCRIPTIONS }, (_, i) => `q-${i}`)
    const subscribeRest = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        const Attributes = { RedrivePolicy, ...(name === 'q-1' && { FilterPolicy: '{"a":["x"]}' }) }
        await this.sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: queueArnOf(name), Attributes })
      }
    }
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, subscribeRest))
  }

  publish() {
    return this.sns.publish({ TopicArn, Message: 'to all' })
  }

  /** Resolves when the first slice is there, and the next ones most likely are not. */
  async firstCopies(): Promise<void> {
    const AttributeNames = ['ApproximateNumberOfMessages' as const]
    const depth = async () => {
      const { Attributes } = await this.sqs.getQueueAttributes({ QueueUrl: this.deadLetterQueue, AttributeNames })
      return Number(Attributes?.ApproximateNumberOfMessages)
    }
    while ((await depth()) === 0);
  }

  /** Takes the copies as they come: each subscription has exactly one, but for that whose policy keeps it back. */
  async assertDelivered(): Promise<void> {
    const subscribers: string[] = []
    while (subscribers.length < SUBSCRIPTIONS - 1) {
      const received = await this.#take(1)
      if (received.length === 0) await this.#advance(60) // a job that was leased by a killed node is taken over
      subscribers.push(...received)
    }
    assert.deepEqual(await this.#take(0), [])
    assert.equal(new Set(subscribers).size, SUBSCRIPTIONS - 1)
  }

  async #take(WaitTimeSeconds: number): Promise<string[]> {
    const QueueUrl = this.deadLetterQueue
    const { Messages = [] } = await this.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds })
    const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }))
    if (Entries.length > 0) await this.sqs.deleteMessageBatch({ QueueUrl, Entries })
    return Messages.map(({ Body = '' }) => JSON.parse(Body).UnsubscribeURL)
  }

  async #advance(seconds: number): Promise<void> {
    await shiftClock(this.#node.url, seconds * 1000)
  }

  async end(): Promise<void> {
    for (const client of Object.values(this.#clients)) client.destroy()
    await this.#node.end()
  }
}

let dataDir = ''
let run: Run

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-'))
  run = new Run(await start())
  await run.makeTopic()
})

after(async () => {
  await run.end()
  await rm(dataDir, { recursive: true })
})

test('every subscription gets its copy, while the listing goes on', { timeout: TIMEOUT_MS }, async () => {
  await run.publish()
  const endpoints: (string | undefined)[] = []
  let NextToken: string | undefined
  do {
    const page = await run.sns.listSubscriptionsByTopic({ TopicArn, NextToken })
    endpoints.push(...(page.Subscriptions ?? []).map(({ Endpoint }) => Endpoint))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  assert.equal(endpoints.length, SUBSCRIPTIONS)
  assert.equal(new Set(endpoints).size, SUBSCRIPTIONS)
  await run.assertDelivered()
})

for (const [how, launch] of [
  ['stopped', start],
  ['killed', spawn],
] as const) {
  test(`every subscription gets its copy once, when the node is ${how} in the middle`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    await run.end()
    run = new Run(await launch())
    await run.publish()
    await run.firstCopies()
    await run.end()
    run = new Run(await launch())
    await run.assertDelivered()
  })
}
