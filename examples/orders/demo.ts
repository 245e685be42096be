/**
 * A shop on Millrace, and a node that dies under it: orders go into a queue, workers in processes of their own take them
 * out, and `kill -9` ends the node halfway. In the end every order has been handled, or is in the dead-letter queue.
 *
 *     npm run demo
 *
 * The application is order.ts, queues.ts, worker.ts and `place` below; the rest starts it, kills the node and counts.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SQS } from '@aws-sdk/client-sqs'
import { type SpawnedNode, spawnNode } from '../../src/testing/node.ts'
import { newOrder, type Order } from './order.ts'
import { createQueues, type Queues } from './queues.ts'

const ORDERS = 300
const CUSTOMERS = 5
const WORKERS = 3
const PATIENCE_MS = 30_000

const placed = new Set<number>()
const handled = new Set<number>()
const dead = new Set<number>()

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
const began = performance.now()
console.log(`\nA shop with ${ORDERS} orders, ${WORKERS} workers, and a node that dies.\n`)

const node = await startNode()
say('node', `ready at ${node.url}, process ${node.pid}`)
const sqs = clientFor(node)
const queues = await createQueues(sqs)
say('queues', 'orders, and orders-dead for what fails three times')
const workers = Array.from({ length: WORKERS }, () => startWorker(queues))
say('workers', `processes ${workers.map(({ pid }) => pid).join(', ')}`)

const shop = openShop()
await until(() => placed.size > ORDERS / 2)
const successor = await killAndRestart(node)
await shop
say('shop', `closed: ${placed.size} orders placed, each one acknowledged`)
await until(collectDead)

for (const worker of workers) worker.kill()
await successor.kill()
rmSync(dataDir, { recursive: true })
process.exitCode = report()

/** Starts the program on the data directory. */
async function startNode(port?: number): Promise<SpawnedNode> {
  const started = await spawnNode({ dataDir, port })
  process.once('exit', () => void started.kill())
  return started
}

/** All that an AWS SDK needs to know to use Millrace; any credentials pass. The workers inherit it. */
function clientFor({ url }: SpawnedNode): SQS {
  process.env.AWS_ENDPOINT_URL = url
  process.env.AWS_REGION = 'us-east-1'
  process.env.AWS_ACCESS_KEY_ID = 'test'
  process.env.AWS_SECRET_ACCESS_KEY = 'test'
  return new SQS({ maxAttempts: 10 }) // enough to outlast a restart of the node
}

function startWorker({ orders }: Queues): ChildProcess {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), [orders])
  process.once('exit', () => worker.kill())
  return worker.on('message', (id: number) => handled.add(id))
}

/** Lets the customers in, each of whom places one order after the other; resolves when the last one has been placed. */
async function openShop(): Promise<void> {
  let next = 0
  const customer = async () => {
    while (next < ORDERS) {
      await place(newOrder(++next))
      await pause(10) // to make up one's mind
    }
  }
  await Promise.all(Array.from({ length: CUSTOMERS }, customer))
}

/** An order is placed when the node has acknowledged it: from then on it is on the disk. */
async function place(order: Order): Promise<void> {
  await sqs.sendMessage({ QueueUrl: queues.orders, MessageBody: JSON.stringify(order) })
  placed.add(order.id)
}

async function killAndRestart({ port, pid, kill }: SpawnedNode): Promise<SpawnedNode> {
  await kill('SIGKILL')
  say('kill -9', `process ${pid} is gone, with ${placed.size} orders placed and ${handled.size} handled`)
  const restarted = await startNode(port)
  say('node', `ready again on the same data, process ${restarted.pid}`)
  return restarted
}

/** Looks into the dead-letter queue; true when every order is accounted for. */
async function collectDead(): Promise<boolean> {
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: queues.dead, MaxNumberOfMessages: 10 })
  for (const { Body } of Messages) dead.add((JSON.parse(Body as string) as Order).id)
  return lost().length === 0
}

function lost(): number[] {
  return [...placed].filter((id) => !handled.has(id) && !dead.has(id))
}

/** Resolves when the condition holds, or when it has not for so long that it won't. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition()) && performance.now() < deadline) await pause(20)
}

/** Prints what became of the orders; answers the exit code. */
function report(): number {
  const missing = lost()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log()
  say('placed', count(placed))
  say('handled', count(handled))
  say('dead', `${count(dead)}   in the dead-letter queue, with expired cards: ${list(dead)}`)
  say('lost', missing.length === 0 ? count(missing) : `${count(missing)}   ${list(missing)}`)
  console.log(`\n${missing.length === 0 ? 'Nothing was lost.' : 'ORDERS WERE LOST.'} It took ${seconds} seconds.\n`)
  return missing.length === 0 ? 0 : 1
}

function say(who: string, what: string): void {
  console.log(`  ${who.padEnd(10)}${what}`)
}

function count(ids: Iterable<number>): string {
  return String([...ids].length).padStart(3)
}

function list(ids: Iterable<number>): string {
  return [...ids].sort((a, b) => a - b).join(', ')
}
