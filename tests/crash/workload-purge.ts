/** Purges, one queue after the other: what was there is gone for good, what comes later isn't, and a minute is a minute. */
import { receive } from './receiving.ts'
import { rest, type Scene } from './scene.ts'
import { countMessages } from './workload-move.ts'

const IN_PROGRESS = 'PurgeQueueInProgress'

export async function purgeRepeatedly(scene: Scene): Promise<void> {
  const random = scene.random.fork('purge')
  for (let cycle = 0; cycle === 0 || !scene.ending; cycle++) {
    const name = `purge-${cycle}`
    const created = await scene.callUntilAnswered((sqs) => sqs.createQueue({ QueueName: name }))
    const queue = { name, url: created?.QueueUrl as string }
    const send = (MessageBody: string) =>
      scene.callUntilAnswered((sqs) => sqs.sendMessage({ QueueUrl: queue.url, MessageBody }))

    for (let n = random.int(1, 5); n > 0; n--) await send('before')
    await receive(scene, queue, { limit: 1, visibilitySeconds: 1, waitSeconds: 0 }) // purged while it is in flight
    // A purge that was cut off has happened if the next try is refused; either way it has happened in the end.
    await scene.callUntilAnswered((sqs) => sqs.purgeQueue({ QueueUrl: queue.url }), [IN_PROGRESS])
    scene.ledger.figures.purges++
    await send('after')

    if (random.chance(0.7)) await scene.nextStart()
    const again = await scene.call((sqs) => sqs.purgeQueue({ QueueUrl: queue.url }), [IN_PROGRESS])
    if (again.kind === 'answered') scene.ledger.violate('purged', `${name} was purged twice within a minute`)
    if (again.kind === 'refused') scene.ledger.figures.purgesRefused++
    await checkRemainder(scene, queue)
    await rest(random, 500)
  }
}

/** `after` is still there, perhaps more than once: its send may have been tried again. */
async function checkRemainder(scene: Scene, queue: { name: string; url: string }): Promise<void> {
  const expected = await countMessages(scene, queue)
  const bodies: string[] = []
  while (bodies.length < expected) {
    const { messages } = await receive(scene, queue, { limit: 10, visibilitySeconds: 1, waitSeconds: 1 })
    bodies.push(...messages.map(({ Body }) => Body as string))
  }
  if (expected === 0) scene.ledger.violate('purged', `${queue.name} has lost what was sent after its purge`)
  if (bodies.includes('before')) scene.ledger.violate('purged', `${queue.name} still delivers what was purged`)
}
