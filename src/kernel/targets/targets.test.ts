import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Arn, parseArn } from '../arn.ts'
import { done, failed, type Store, type Tx } from '../store/store.ts'
import { deliver, deliverAll, deliveryCommand, isLocal } from './deliver.ts'
import { type Delivery, Undeliverable } from './delivery.ts'
import { createTargets } from './targets.ts'

const arnOf = (text: string): Arn => parseArn(text) ?? assert.fail(text)
const queue = (name: string): Arn => arnOf(`arn:aws:sqs:us-east-1:000000000000:${name}`)
const lambda = arnOf('arn:aws:lambda:us-east-1:000000000000:function:f')
const toQueue = (name: string) => ({ arn: queue(name), delivery })
const delivery: Delivery = { body: 'hello', sourceArn: 'arn:aws:sns:us-east-1:000000000000:t', senderId: 'AIDA' }

/** A service whose queue `gone` doesn't exist and whose queue `broken` fails. Keeps the batches it was given. */
function queueService() {
  const batches: string[][] = []
  const command = deliveryCommand('sqs', async (_tx, calls) => {
    batches.push(calls.map(({ arn }) => arn.resource))
    return calls.map(({ arn }) => {
      if (arn.resource === 'broken') return failed(new Error('out of order'))
      return done(arn.resource === 'gone' ? { refused: 'no such queue' } : {})
    })
  })
  // Targets look at nothing else of a transaction or a store.
  const tx = { commands: new Map([[command.name, command]]) } as unknown as Tx
  const store = {
    async execute(_command: unknown, args: never) {
      const [outcome] = await command.run(tx, [args])
      if (outcome?.ok) return outcome.value
      throw outcome?.error
    },
  } as unknown as Store
  return { batches, command, tx, store }
}

test('a fan-out reaches each service as one batch, and its outcomes keep their order', async () => {
  const { tx, batches } = queueService()
  const outcomes = await deliverAll(tx, [toQueue('a'), { arn: lambda, delivery }, toQueue('gone'), toQueue('b')])
  assert.deepEqual(batches, [['a', 'gone', 'b']])
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.ok ? 'delivered' : String(outcome.error))),
    [
      'delivered',
      'Undeliverable: arn:aws:lambda:us-east-1:000000000000:function:f is not a target of this platform',
      'Undeliverable: no such queue',
      'delivered',
    ],
  )
})

test('inside a transaction a refusal is Undeliverable, and another failure is itself', async () => {
  const { tx } = queueService()
  await deliver(tx, queue('a'), delivery)
  await assert.rejects(deliver(tx, queue('gone'), delivery), new Undeliverable('no such queue'))
  await assert.rejects(deliver(tx, queue('broken'), delivery), new Error('out of order'))
  await assert.rejects(deliver(tx, lambda, delivery), Undeliverable)
})

test('the transaction knows which targets can join it', () => {
  const { tx } = queueService()
  assert.equal(isLocal(tx, queue('any')), true)
  assert.equal(isLocal(tx, lambda), false)
})

test('outside a transaction the registry finds the target, local or remote', async () => {
  const { store, command, batches } = queueService()
  const sent: unknown[] = []
  const targets = createTargets(store)
  targets.register('sqs', { command })
  targets.register('lambda', { send: async (...args) => void sent.push(args) })

  await targets.deliver(queue('a'), delivery)
  await targets.deliver(lambda, delivery)
  assert.deepEqual(batches, [['a']])
  assert.deepEqual(sent, [[lambda, delivery]])
  await assert.rejects(targets.deliver(queue('gone'), delivery), new Undeliverable('no such queue'))
  await assert.rejects(targets.deliver(queue('broken'), delivery), new Error('out of order'))
  await assert.rejects(targets.deliver(arnOf('arn:aws:s3:::bucket'), delivery), Undeliverable)
})

test('an ARN service has one target', () => {
  const { store, command } = queueService()
  const targets = createTargets(store)
  targets.register('sqs', { command })
  assert.equal(targets.resolve(queue('a')), targets.resolve(queue('b')))
  assert.throws(() => targets.register('sqs', { command }), /two targets for ARNs of sqs/)
})
