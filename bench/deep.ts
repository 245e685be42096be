/** A queue that holds many messages: how a node starts on it, what memory it takes, and how it bears loads. */
import { residentBytes } from './machine.ts'
import { inNewPlace } from './nodes.ts'
import { createQueue, deleteQueue } from './queue.ts'
import { type Server, startNode } from './servers.ts'
import type { Session } from './session.ts'
import { deepScenarios } from './sqs-scenarios.ts'
import type { Place } from './stores.ts'

const STARTS = 3
const FILL_DEADLINE_SECONDS = 900

/** Of a node of ours. */
export interface DeepNode {
  readonly deepStartUpMillis: readonly number[]
  readonly deepBytes?: number
}

export async function deepQueue(session: Session): Promise<DeepNode> {
  const { against } = session.options
  if (against === undefined) return inNewPlace(session.store, (place) => onDeepNode(session, place))
  const queueUrl = await fill(session, against)
  await load(session, against, queueUrl)
  await deleteQueue(against.endpoint, queueUrl)
  return { deepStartUpMillis: [] }
}

/** Fills a node, starts it again a few times on what it holds, and puts the last one under load. */
async function onDeepNode(session: Session, place: Place): Promise<DeepNode> {
  const start = () => startNode(session.options.entry, place.nodeArgs(0))
  let node = await start()
  try {
    const queuePath = new URL(await fill(session, node)).pathname
    const deepBytes = residentBytes(node.pid)
    const deepStartUpMillis: number[] = []
    for (let n = 0; n < STARTS; n++) {
      await node.stop()
      node = await start()
      deepStartUpMillis.push(node.startUpMillis)
    }
    await load(session, node, node.endpoint + queuePath)
    return { deepBytes, deepStartUpMillis }
  } finally {
    await node.stop()
  }
}

async function fill(session: Session, server: Server): Promise<string> {
  const { deepMessages } = session.options
  const resource = await createQueue(server.endpoint, 'deep')
  const filled = await session.load(
    { servers: [server], resource },
    { flow: 'sendBatch', warmUpSeconds: 0, seconds: FILL_DEADLINE_SECONDS, messages: deepMessages },
  )
  if (filled.messages < deepMessages) throw new Error(`holds ${filled.messages} messages after ${filled.seconds} s`)
  session.say(`  filled with ${filled.messages} messages in ${filled.seconds.toFixed(1)} s`)
  return resource
}

async function load(session: Session, server: Server, resource: string): Promise<void> {
  for (const scenario of deepScenarios) {
    await session.measure(scenario, () => session.load({ servers: [server], resource }, { flow: scenario.flow }))
  }
}
