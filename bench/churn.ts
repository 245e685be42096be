/**
 * What becomes of a queue that much goes through: messages are sent, received and deleted while it stays shallow, and
 * after the first hundred thousand, a million, and the last it is looked at how long receives take and how large the
 * tables are.
 */
import type { Run } from './load/generator.ts'
import type { Latency } from './load/meter.ts'
import { onNewNodes } from './nodes.ts'
import type { Relation } from './postgres.ts'
import { createQueue } from './queue.ts'
import { generate } from './servers.ts'
import type { Store } from './stores.ts'

/** How deep the queue is all the while. */
const DEPTH = 1000
const LOOKS = [100_000, 1_000_000]
/** With fewer messages there is nothing to compare. */
export const LEAST_CHURN = 200_000
/** So many messages are one run of the generator; it is told of each. */
const LEG = 1_000_000
const LEG_DEADLINE_SECONDS = 1800
const LOOK_SECONDS = 5
const LOOK_WARM_UP_SECONDS = 1

/** The state of the queue when so many messages have gone through it. */
export interface Look {
  readonly messages: number
  /** Of receives by ten, at a moderate rate. */
  readonly receive: Latency
  readonly relations: readonly Relation[]
}

export interface Churn {
  readonly looks: readonly Look[]
  readonly messagesPerSecond: number
}

export interface ChurnOptions {
  /** Its nodes are over a database, into which it is looked. */
  readonly store: Store
  readonly entry: string
  readonly connections: number
  /** At least `LEAST_CHURN`. */
  readonly messages: number
}

/** `say` is told how far it has come. */
export function churn(options: ChurnOptions, say: (text: string) => void): Promise<Churn> {
  const { store, entry, connections, messages } = options
  return onNewNodes({ store, entry, count: 1 }, async ([node], { database }) => {
    if (database === undefined) throw new Error('only a database can be looked into')
    const queueUrl = await createQueue(node.endpoint, 'churn', false)
    const run = (part: Pick<Run, 'flow' | 'messages' | 'warmUpSeconds' | 'seconds'>) => {
      const watched = { serverPids: [node.pid], postgresPid: store.postgresPid }
      return generate({ ...watched, endpoints: [node.endpoint], queueUrl, connections, ...part })
    }
    const look = async (): Promise<Look> => {
      const { latency } = await run({ flow: 'steady', warmUpSeconds: LOOK_WARM_UP_SECONDS, seconds: LOOK_SECONDS })
      return { messages: done, receive: latency, relations: await database.relations() }
    }
    const times = { warmUpSeconds: 0, seconds: LEG_DEADLINE_SECONDS }
    let done = 0
    let seconds = 0
    const churnTo = async (count: number) => {
      const leg = await run({ flow: 'churn', messages: count - done, ...times })
      if (leg.seconds >= LEG_DEADLINE_SECONDS) throw new Error(`${leg.messages} messages took ${leg.seconds} s`)
      say(`  ${count} messages: ${Math.round((count - done) / leg.seconds)} a second`)
      done = count
      seconds += leg.seconds
    }

    await run({ flow: 'sendBatch', messages: DEPTH, ...times })
    const looks: Look[] = []
    for (const count of looksAt(messages)) {
      while (done < count) await churnTo(Math.min(done + LEG, count))
      looks.push(await look())
    }
    return { looks, messagesPerSecond: messages / seconds }
  })
}

/** After how many messages the queue is looked at. */
export const looksAt = (messages: number): number[] => [...LOOKS.filter((count) => count < messages), messages]
