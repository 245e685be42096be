/**
 * What outlives a node: everything that was acknowledged, and every deadline. Shown twice, with a node that stops as it
 * should and with a process that is killed.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Message, SQS } from '@aws-sdk/client-sqs'
import { spawnNode, startNode } from '../../../src/testing/node.ts'
import { shiftClock } from '../../../src/testing/shift-clock.ts'
import { clientOf, refusal } from './support.ts'

interface RunningNode {
  readonly url: string
  end(): Promise<unknown>
}

const kinds: readonly { readonly name: string; start(dataDir: string): Promise<RunningNode> }[] = [
  {
    name: 'after a stop and a start',
    async start(dataDir) {
      const node = await startNode({ dataDir })
      return { url: node.url, end: () => node.stop() }
    },
  },
  {
    name: 'after kill -9 and a start',
    async start(dataDir) {
      const node = await spawnNode({ dataDir, args: ['--log-level', 'silent'] })
      return { url: node.url, end: () => node.kill('SIGKILL') }
    },
  },
]

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`
const EMPTY = { visible: '0', inFlight: '0', delayed: '0' }

/** A client of one run of the node. Queues are named, since the port of a URL changes from run to run. */
class Run {
  readonly node: RunningNode
  readonly sqs: SQS

  constructor(node: RunningNode) {
    this.node = node
    this.sqs = clientOf(node.url)
  }

  queue(name: string): string {
    return `${this.node.url}/000000000000/${name}`
  }

  async create(name: string, attributes: Record<string, string> = {}): Promise<void> {
    const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
    await this.sqs.createQueue({ QueueName: name, Attributes: { ...fifo, ...attributes } })
  }

  send(name: string, body: string, options = {}) {
    return this.sqs.sendMessage({ QueueUrl: this.queue(name), MessageBody: body, ...options })
  }

  /** To a FIFO queue: the body is also the deduplication id. */
  sendInOrder(name: string, body: string) {
    return this.send(name, body, { MessageGroupId: 'g', MessageDeduplicationId: body })
  }

  async receive(name: string, options = {}): Promise<Message[]> {
    const { Messages } = await this.sqs.receiveMessage({
      QueueUrl: this.queue(name),
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...options,
    })
    return Messages ?? []
  }

  async bodies(name: string): Promise<(string | undefined)[]> {
    return (await this.receive(name)).map(({ Body }) => Body)
  }

  delete(name: string, message: Message | undefined) {
    return this.sqs.deleteMessage({ QueueUrl: this.queue(name), ReceiptHandle: message?.ReceiptHandle })
  }

  async depth(name: string) {
    const { Attributes } = await this.sqs.getQueueAttributes({ QueueUrl: this.queue(name), AttributeNames: ['All'] })
    return {
      visible: Attributes?.ApproximateNumberOfMessages,
      inFlight: Attributes?.ApproximateNumberOfMessagesNotVisible,
      delayed: Attributes?.ApproximateNumberOfMessagesDelayed,
    }
  }

  /** Moves the clock of the node forward. */
  async advance(seconds: number): Promise<void> {
    await shiftClock(this.node.url, seconds * 1000)
  }

  async end(): Promise<void> {
    this.sqs.destroy()
    await this.node.end()
  }
}

for (const { name, start } of kinds) {
  describe(name, { timeout: 60_000 }, () => {
    let dataDir: string
    let run: Run
    /** What the first run was given, by the queue it concerns. */
    const given = new Map<string, Message>()
    let first: { MessageId?: string; SequenceNumber?: string }

    before(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'millrace-restart-'))
      run = new Run(await start(dataDir))
      await beforeTheRestart()
      await run.end()
      run = new Run(await start(dataDir))
    })

    after(async () => {
      await run.end()
      await rm(dataDir, { recursive: true })
    })

    async function hold(queue: string, options = {}): Promise<void> {
      const [message] = await run.receive(queue, options)
      given.set(queue, message as Message)
    }

    async function beforeTheRestart(): Promise<void> {
      for (const queue of [
        'kept',
        'deleted-message',
        'held',
        'hidden',
        'delayed',
        'purged',
        'gone',
        'source',
        'dead',
      ]) {
        await run.create(queue)
      }
      for (const queue of ['order.fifo', 'ids.fifo', 'attempts.fifo', 'moved.fifo']) await run.create(queue)

      await run.send('kept', 'x', { MessageAttributes: { Hello: { DataType: 'String', StringValue: 'World' } } })
      await run.send('deleted-message', 'x')
      await hold('deleted-message')
      await run.delete('deleted-message', given.get('deleted-message'))
      for (const queue of ['held', 'hidden']) {
        await run.send(queue, 'x')
        await hold(queue, { VisibilityTimeout: 600 })
      }
      await run.send('delayed', 'x', { DelaySeconds: 600 })

      first = await run.sendInOrder('order.fifo', 'one')
      await run.sendInOrder('order.fifo', 'two')
      await hold('order.fifo', { MaxNumberOfMessages: 1, VisibilityTimeout: 600 })
      await run.sendInOrder('ids.fifo', 'one')
      await hold('ids.fifo')
      await run.delete('ids.fifo', given.get('ids.fifo'))
      await run.sendInOrder('attempts.fifo', 'one')
      await hold('attempts.fifo', { ReceiveRequestAttemptId: 'a', VisibilityTimeout: 600 })

      await run.sqs.purgeQueue({ QueueUrl: run.queue('purged') })
      await run.sqs.deleteQueue({ QueueUrl: run.queue('gone') })

      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 1 })
      await run.sqs.setQueueAttributes({ QueueUrl: run.queue('source'), Attributes: { RedrivePolicy } })
      for (const body of ['a', 'b', 'c']) await run.send('source', body)
      await run.receive('source', { VisibilityTimeout: 0 })
      assert.deepEqual(await run.receive('source'), [])
      await run.sqs.startMessageMoveTask({ SourceArn: arnOf('dead'), MaxNumberOfMessagesPerSecond: 1 })
    }

    test('a message is there with all that belongs to it', async () => {
      const [message] = await run.receive('kept', { MessageAttributeNames: ['All'] })
      assert.equal(message?.Body, 'x')
      assert.equal(message?.MD5OfMessageAttributes, '7db7fb1ba7f41366a8ea5eb18220b26d')
      assert.equal(message?.Attributes?.ApproximateReceiveCount, '1')
    })

    test('a deleted message stays deleted', async () => {
      assert.deepEqual(await run.depth('deleted-message'), EMPTY)
    })

    test('a handle from before deletes its message', async () => {
      assert.deepEqual(await run.depth('held'), { ...EMPTY, inFlight: '1' })
      await run.delete('held', given.get('held'))
      assert.deepEqual(await run.depth('held'), EMPTY)
    })

    test('sequence numbers go on rising, and the order of a group holds', async () => {
      const { SequenceNumber } = await run.sendInOrder('order.fifo', 'three')
      assert.ok(BigInt(SequenceNumber ?? '') > BigInt(first.SequenceNumber ?? ''))
      assert.deepEqual(await run.bodies('order.fifo'), [])
      await run.delete('order.fifo', given.get('order.fifo'))
      assert.deepEqual(await run.bodies('order.fifo'), ['two', 'three'])
    })

    test('a repeat of what was sent before is dropped, also where that was deleted', async () => {
      assert.equal((await run.sendInOrder('order.fifo', 'one')).MessageId, first.MessageId)
      await run.sendInOrder('ids.fifo', 'one')
      assert.deepEqual(await run.depth('ids.fifo'), EMPTY)
    })

    test('a receive attempt from before is repeated with the same handles', async () => {
      const [message] = await run.receive('attempts.fifo', { ReceiveRequestAttemptId: 'a' })
      assert.equal(message?.ReceiptHandle, given.get('attempts.fifo')?.ReceiptHandle)
    })

    test('a minute has to pass before a queue is purged again, or made anew', async () => {
      await assert.rejects(
        run.sqs.purgeQueue({ QueueUrl: run.queue('purged') }),
        refusal(
          'AWS.SimpleQueueService.PurgeQueueInProgress',
          /^Only one PurgeQueue operation on purged is allowed/,
          403,
        ),
      )
      await assert.rejects(
        run.create('gone'),
        refusal('AWS.SimpleQueueService.QueueDeletedRecently', /^You must wait 60 seconds/),
      )
    })

    test('a task that moves messages goes on until all are moved', async () => {
      const status = async () => {
        const { Results } = await run.sqs.listMessageMoveTasks({ SourceArn: arnOf('dead') })
        return Results?.[0]
      }
      const received: (string | undefined)[] = []
      while (received.length < 3) {
        await run.advance(1)
        for (const message of await run.receive('source', { WaitTimeSeconds: 20 })) {
          received.push(message.Body)
          await run.delete('source', message)
        }
      }
      assert.deepEqual(received.sort(), ['a', 'b', 'c'])
      while ((await status())?.Status === 'RUNNING') await run.advance(1)
      assert.equal((await status())?.Status, 'COMPLETED')
      assert.equal(Number((await status())?.ApproximateNumberOfMessagesMoved), 3)
    })

    test('what was hidden or delayed appears when its time has come, and not before', async () => {
      assert.deepEqual(await run.depth('hidden'), { ...EMPTY, inFlight: '1' })
      assert.deepEqual(await run.depth('delayed'), { ...EMPTY, delayed: '1' })
      assert.deepEqual([await run.bodies('hidden'), await run.bodies('delayed')], [[], []])
      await run.advance(600)
      assert.deepEqual([await run.bodies('hidden'), await run.bodies('delayed')], [['x'], ['x']])
    })

    test('after that time purging and making anew are possible, and ids are forgotten', async () => {
      await run.sqs.purgeQueue({ QueueUrl: run.queue('purged') })
      await run.create('gone')
      await run.sendInOrder('ids.fifo', 'one')
      assert.deepEqual(await run.bodies('ids.fifo'), ['one'])
    })
  })
}
