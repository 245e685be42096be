/**
 * Random sequences of operations on a standard queue, each step compared with a model of it.
 *
 * Times are multiples of ten minutes, the retention period alone is between two of them, and a sequence takes far less:
 * whatever the machine's clock adds while it runs, queue and model agree on which side of a deadline they are. All of it
 * together stays below the twelve hours that a message may be kept hidden.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RETENTION, StandardQueueModel } from './standard-queue-model.ts'
import { refusal, type SqsFixture, startSqs } from './support.ts'

const fixture = await startSqs()

/** The queue under test, with what a client knows of it. */
class RealQueue {
  readonly url: string
  readonly fixture: SqsFixture
  /** Every handle that was ever given out, with its message. */
  readonly receipts: { readonly messageId: string; readonly handle: string }[] = []
  sent = 0
  purgedAt = Number.NEGATIVE_INFINITY

  constructor(fixture: SqsFixture, url: string) {
    this.fixture = fixture
    this.url = url
  }

  get sqs() {
    return this.fixture.sqs
  }
}

type Step = fc.AsyncCommand<StandardQueueModel, RealQueue>

const step = (
  text: string,
  run: (model: StandardQueueModel, real: RealQueue) => Promise<void>,
  check: (model: StandardQueueModel) => boolean = () => true,
): Step => ({ check, run, toString: () => text })

const oneOf = <T>(items: readonly T[], choice: number): T => items[choice % items.length] as T

const send = (delay: number) =>
  step(`send, delayed by ${delay} s`, async (model, real) => {
    const body = `message ${real.sent++}`
    const { MessageId } = await real.fixture.send(real.url, body, { DelaySeconds: delay })
    model.send(MessageId as string, body, delay)
  })

const sendBatch = (delays: readonly number[]) =>
  step(`send a batch, delayed by ${delays} s`, async (model, real) => {
    const Entries = delays.map((delay, i) => ({
      Id: `${i}`,
      MessageBody: `message ${real.sent++}`,
      DelaySeconds: delay,
    }))
    const { Successful = [] } = await real.sqs.sendMessageBatch({ QueueUrl: real.url, Entries })
    assert.equal(Successful.length, Entries.length)
    for (const [i, { MessageBody, DelaySeconds }] of Entries.entries()) {
      model.send(Successful[i]?.MessageId as string, MessageBody, DelaySeconds)
    }
  })

const receive = (limit: number, timeout: number) =>
  step(`receive up to ${limit} for ${timeout} s`, async (model, real) => {
    const expected = Math.min(limit, model.visible.length)
    const received = await real.fixture.receive(real.url, {
      MaxNumberOfMessages: limit,
      VisibilityTimeout: timeout,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    })
    // A receive that hides nothing stops early where it came across expired messages; it never comes back with none.
    if (timeout > 0) assert.equal(received.length, expected)
    else assert.ok(received.length <= expected && received.length >= Math.min(expected, 1))
    for (const { MessageId = '', ReceiptHandle = '', Body, Attributes } of received) {
      const { body, receiveCount } = model.receive(MessageId, timeout)
      assert.deepEqual([Body, Attributes?.ApproximateReceiveCount], [body, String(receiveCount)])
      real.receipts.push({ messageId: MessageId, handle: ReceiptHandle })
    }
  })

const deleteOne = (choice: number) =>
  step(`delete by handle ${choice}`, async (model, real) => {
    if (real.receipts.length === 0) return
    const { messageId, handle } = oneOf(real.receipts, choice)
    await real.sqs.deleteMessage({ QueueUrl: real.url, ReceiptHandle: handle })
    model.delete(messageId)
  })

const changeVisibility = (choice: number, timeout: number) =>
  step(`hide by handle ${choice} for ${timeout} s`, async (model, real) => {
    if (real.receipts.length === 0) return
    const { messageId, handle } = oneOf(real.receipts, choice)
    const changing = real.fixture.changeVisibility(real.url, { ReceiptHandle: handle }, timeout)
    if (model.changeVisibility(messageId, timeout)) await changing
    else await assert.rejects(changing, refusal('InvalidParameterValue', /Message does not exist or is not available/))
  })

const purge = step('purge', async (model, real) => {
  const purging = real.sqs.purgeQueue({ QueueUrl: real.url })
  if (model.now < real.purgedAt + 60) {
    await assert.rejects(purging, refusal('AWS.SimpleQueueService.PurgeQueueInProgress', /every 60 seconds/, 403))
    return
  }
  await purging
  model.purge()
  real.purgedAt = model.now
})

const advance = (by: number) =>
  step(`let ${by} s pass`, async (model, real) => {
    real.fixture.advance(by)
    model.advance(by)
  })

const count = step('count', async (model, real) => {
  assert.deepEqual(await real.fixture.depth(real.url), model.counts)
})

const delay = fc.constantFrom(0, 0, 600)
const limit = fc.integer({ min: 1, max: 10 })
const choice = fc.nat(100)
/** What takes a message through its life comes more often than what ends it. */
const steps = fc.commands(
  [
    delay.map(send),
    fc.array(delay, { minLength: 1, maxLength: 10 }).map(sendBatch),
    ...[0, 600, 600, 1800].map((timeout) => limit.map((limit) => receive(limit, timeout))),
    ...[600, 600, 1200].map((by) => fc.constant(advance(by))),
    ...[0, 600, 1800].map((timeout) => choice.map((choice) => changeVisibility(choice, timeout))),
    choice.map(deleteOne),
    fc.constantFrom(count, count, count, count, purge),
  ],
  { maxCommands: 30, size: 'max' },
)

test('whatever is done to a standard queue, in whatever order, it does as the model does', async () => {
  const agrees = fc.asyncProperty(steps, async (steps) => {
    const url = await fixture.createQueue({ MessageRetentionPeriod: String(RETENTION) })
    const state = () => ({ model: new StandardQueueModel(), real: new RealQueue(fixture, url) })
    await fc.asyncModelRun(state, [...steps, count])
  })
  await fc.assert(agrees, { numRuns: 150, seed: 20_260_131 })
})
