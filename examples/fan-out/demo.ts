/**
 * A shop announces its orders once, on a topic, and five others hear of them: three through queues, one by HTTP, one by
 * e-mail. Each has said which orders it wants; in the end each has heard of those, once, and of no others.
 *
 *     npm run demo:fan-out
 *
 * The application is order.ts, topic.ts, listeners.ts, webhook.ts with signature.ts, and mailbox.ts; the rest starts a
 * node, and counts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import { spawnNode } from '../../src/testing/node.ts'
import { type Listener, subscribeAll } from './listeners.ts'
import { newOrder } from './order.ts'
import { announce, createTopic } from './topic.ts'

const ORDERS = 60
const BATCH = 10
const PATIENCE_MS = 30_000
/** For what should not come, and might be under way. */
const GRACE_MS = 300

const began = performance.now()
console.log(`\nA shop with ${ORDERS} orders, one topic, and five who want to know.\n`)

const node = await spawnNode()
process.once('exit', () => void node.kill())
say('node', `ready at ${node.url}`)
/** All that an AWS SDK needs to know to use Millrace; any credentials pass. */
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const client = { endpoint: node.url, region: 'us-east-1', credentials }
const sns = new SNS(client)
const sqs = new SQS(client)

const topicArn = await createTopic(sns)
say('topic', topicArn)
const listeners = await subscribeAll({ platformUrl: node.url, topicArn, sns, sqs })
say('listeners', listeners.map(({ name }) => name).join(', '))
if (!(await until(everyoneHasConfirmed))) throw new Error('not everyone has confirmed')
say('confirmed', 'by the webhook itself, and by the link in a mail; queues of the same account are not asked')

const orders = Array.from({ length: ORDERS }, (_, i) => newOrder(i + 1))
for (let i = 0; i < ORDERS; i += BATCH) await announce(sns, topicArn, orders.slice(i, i + BATCH))
say('shop', `${ORDERS} orders announced, ${BATCH} in a request`)
await until(async () => (await countAll()).every(({ missing }) => missing.length === 0))
await pause(GRACE_MS)
process.exitCode = report(await countAll())

for (const { close } of listeners) close?.()
await node.kill()

async function everyoneHasConfirmed(): Promise<boolean> {
  for (const { confirm } of listeners) await confirm?.()
  const { Attributes } = await sns.getTopicAttributes({ TopicArn: topicArn })
  return Attributes?.SubscriptionsConfirmed === String(listeners.length)
}

/** What a listener has heard, beside what it should have. */
interface Count {
  readonly listener: Listener
  readonly heard: readonly number[]
  readonly missing: readonly number[]
  /** Orders that it did not want, or that came again. */
  readonly astray: readonly number[]
}

function countAll(): Promise<Count[]> {
  return Promise.all(listeners.map(count))
}

async function count(listener: Listener): Promise<Count> {
  const heard = [...(await listener.heard())]
  const wanted = new Set(orders.filter((order) => listener.wants(order)).map(({ id }) => id))
  return {
    listener,
    heard,
    missing: [...wanted].filter((id) => !heard.includes(id)),
    astray: heard.filter((id, i) => !wanted.has(id) || heard.indexOf(id) < i),
  }
}

/** Resolves to true when the condition holds; to false when it has not for so long that it won't. */
async function until(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    if (await condition()) return true
    await pause(20)
  }
  return false
}

/** Prints who heard of what; answers the exit code. */
function report(counts: readonly Count[]): number {
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log()
  for (const { listener, heard, missing, astray } of counts) {
    say(listener.name, `${String(heard.length).padStart(3)}   ${listener.through}`)
    if (missing.length > 0) say('', `      MISSING: ${list(missing)}`)
    if (astray.length > 0) say('', `      ASTRAY: ${list(astray)}`)
  }
  const isWell = counts.every(({ missing, astray }) => missing.length + astray.length === 0)
  const verdict = isWell ? 'Every order arrived where it was wanted, and nowhere else.' : 'ORDERS WENT ASTRAY.'
  console.log(`\n${verdict} It took ${seconds} seconds.\n`)
  return isWell ? 0 : 1
}

function say(who: string, what: string): void {
  console.log(`  ${who.padEnd(11)}${what}`)
}

function list(ids: readonly number[]): string {
  return ids.toSorted((a, b) => a - b).join(', ')
}
