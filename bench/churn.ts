/**
 * What becomes of a queue that much goes through: messages are sent, received and deleted while it stays shallow, and
 * after the first hundred thousand, a million, and the last it is looked at how long receives take and how large the
 * tables are.
 */
import { over } from './figures.ts'
import type { Run } from './load/generator.ts'
import type { Latency } from './load/meter.ts'
import { onNewNodes } from './nodes.ts'
import type { Relation } from './postgres.ts'
import { createQueue } from './queue.ts'
import { generate } from './servers.ts'
import type { Session } from './session.ts'
import { number, type Row, table, whole } from './table.ts'

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

/** Of nodes over a database, into which it is looked. */
export function churn(session: Session): Promise<Churn> {
  const { options, store, say } = session
  const { connections, churnMessages: messages } = options
  return onNewNodes(session.newNodes(1), async ([node], { database }) => {
    if (database === undefined) throw new Error('only a database can be looked into')
    const resource = await createQueue(node.endpoint, 'churn')
    const run = (part: Pick<Run, 'flow' | 'messages' | 'warmUpSeconds' | 'seconds'>) => {
      const watched = { serverPids: [node.pid], postgresPid: store.postgresPid }
      return generate({ ...watched, endpoints: [node.endpoint], resource, connections, ...part })
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

/** Tables and indexes that never were as large are left out. */
const NOTABLE_BYTES = 2 ** 20

/** As lines of text. */
export function churnReport({ looks, messagesPerSecond }: Churn): string[] {
  const row = (title: string, read: (look: Look) => number | undefined, digits: number): Row => {
    const values = looks.map(read)
    return [title, ...values.map((value) => number(value, digits)), number(over(values.at(-1), values[0]), 2)]
  }
  const bytesOf = (name: string) => (look: Look) => look.relations.find((relation) => relation.name === name)?.bytes
  const notable = new Set(
    looks.flatMap(({ relations }) => relations.filter(({ bytes }) => bytes >= NOTABLE_BYTES).map(({ name }) => name)),
  )
  return [
    '',
    `Churn: ${whole(messagesPerSecond)} messages a second sent, received and deleted.`,
    table([
      ['after messages', ...looks.map(({ messages }) => whole(messages)), 'last × first'],
      row('receive, p50 ms', ({ receive }) => receive.p50Millis, 2),
      row('receive, p99 ms', ({ receive }) => receive.p99Millis, 2),
      ...[...notable].sort().map((name) => row(`${name}, MiB`, (look) => over(bytesOf(name)(look), 2 ** 20), 1)),
      row('dead rows', deadRows, 0),
    ]),
  ]
}

const deadRows = ({ relations }: Look) => relations.reduce((sum, { deadRows }) => sum + (deadRows ?? 0), 0)
