/** Purges, one queue after the other: what was there is gone for good, what comes later isn't, and a minute is a minute. */
import { countMessages } from './queues.ts'
import { rest, type Scene } from './scene.ts'

const IN_PROGRESS = 'PurgeQueueInProgress'
const BETWEEN_PURGES_MS = 60_000

export async function purgeRepeatedly(scene: Scene): Promise<void> {
  const { ledger } = scene
  const random = scene.random.fork('purge')
  for (let cycle = 0; cycle === 0 || !scene.ending; cycle++) {
    const name = `purge-${cycle}`
    const create = () => scene.callUntilAnswered((sqs) => sqs.createQueue({ QueueName: name }))
    const [created] = await Promise.all([create(), create()]) // who comes second finds the queue as it wants it
    const QueueUrl = created?.QueueUrl as string
    const send = (MessageBody: string) => scene.callUntilAnswered((sqs) => sqs.sendMessage({ QueueUrl, MessageBody }))

    for (let n = random.int(1, 5); n > 0; n--) await send('before')
    await scene.call((sqs) => sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 1 })) // one is in flight
    const purgedAt = scene.now()
    // A purge that was cut off has happened if the next try is refused; either way it has happened in the end.
    const purge = () => scene.callUntilAnswered((sqs) => sqs.purgeQueue({ QueueUrl }), [IN_PROGRESS])
    const done = await Promise.all([purge(), purge()])
    if (!done.includes(undefined)) ledger.violate('purged', `${name} was purged twice at once`)
    ledger.figures.purges++
    await send('after')

    if (random.chance(0.7)) await scene.nextFault()
    const again = await scene.call((sqs) => sqs.purgeQueue({ QueueUrl }), [IN_PROGRESS])
    if (again.kind === 'answered' && again.answeredAt < purgedAt + BETWEEN_PURGES_MS)
      ledger.violate('purged', `${name} was purged twice within a minute`)
    if (again.kind === 'refused') ledger.figures.purgesRefused++
    const bodies = await receiveAll(scene, QueueUrl)
    if (bodies.length === 0) ledger.violate('purged', `${name} has lost what was sent after its purge`)
    if (bodies.includes('before')) ledger.violate('purged', `${name} still delivers what was purged`)
    await rest(random, 500)
  }
}

/** Each message at least once: their timeout is short, and an answer may be lost. */
async function receiveAll(scene: Scene, QueueUrl: string): Promise<string[]> {
  const input = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1, WaitTimeSeconds: 1 }
  const expected = await countMessages(scene, QueueUrl)
  const bodies: string[] = []
  while (bodies.length < expected) {
    const received = await scene.callUntilAnswered((sqs) => sqs.receiveMessage(input))
    for (const { Body } of received?.Messages ?? []) bodies.push(Body as string)
  }
  return bodies
}
