/** Two nodes over one database: a queue is the same on both, and nothing is done twice. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Message, SQS } from '@aws-sdk/client-sqs'
import { Client } from 'pg'
import { startNode, type TestNode } from '../../src/testing/node.ts'
import { dropDatabase, freshDatabase } from '../../src/testing/postgres.ts'
import { shiftClock } from '../../src/testing/shift-clock.ts'
import { clientOf } from '../conformance/sqs/support.ts'

const store = await freshDatabase()

suite('two nodes', { skip: store === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  let nodes: [TestNode, TestNode]
  let clients: [SQS, SQS]

  before(async () => {
    nodes = await Promise.all([startNode({ store }), startNode({ store })]) // both find the database empty
    clients = [clientOf(nodes[0].url), clientOf(nodes[1].url)]
  })
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    await dropDatabase(store as string)
  })

  const create = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> => {
    const fifo: Record<string, string> = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
    const { QueueUrl } = await clients[0].createQueue({ QueueName, Attributes: { ...fifo, ...Attributes } })
    return QueueUrl as string
  }

  /** Everything there is to receive, asked for by both nodes at once; each message is deleted by who received it. */
  async function drain(QueueUrl: string, handle: (message: Message) => Promise<void> = async () => {}) {
    const bodies: string[] = []
    await Promise.all(
      [...clients, ...clients].map(async (sqs) => {
        for (let empty = 0; empty < 3; ) {
          const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 })
          empty = Messages.length === 0 ? empty + 1 : 0
          for (const message of Messages) {
            await handle(message)
            bodies.push(message.Body as string)
            await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle })
          }
        }
      }),
    )
    return bodies
  }

  test('a long poll on one node is answered by a send to the other, at once', async () => {
    const QueueUrl = await create('long-poll')
    const began = performance.now()
    const received = clients[0].receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
    await clients[1].sendMessage({ QueueUrl, MessageBody: 'hello' })
    assert.equal((await received).Messages?.[0]?.Body, 'hello')
    assert.ok(performance.now() - began < 10_000)
  })

  test('each message is received once, however many ask for it', async () => {
    const QueueUrl = await create('once')
    const bodies = Array.from({ length: 300 }, (_, i) => `m${i}`)
    await Promise.all(bodies.map((MessageBody, i) => (clients[i % 2] as SQS).sendMessage({ QueueUrl, MessageBody })))
    assert.deepEqual((await drain(QueueUrl)).sort(), [...bodies].sort())
    const { Attributes } = await clients[1].getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
    assert.equal(Attributes?.ApproximateNumberOfMessages, '0')
    assert.equal(Attributes?.ApproximateNumberOfMessagesNotVisible, '0')
  })

  test('of repeats that reach both nodes at once one is stored', async () => {
    const QueueUrl = await create('repeats.fifo')
    const message = { QueueUrl, MessageGroupId: 'g', MessageDeduplicationId: 'd' }
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (clients[i % 2] as SQS).sendMessage({ ...message, MessageBody: `attempt ${i}` }),
      ),
    )
    assert.equal(new Set(sent.map(({ MessageId }) => MessageId)).size, 1)
    assert.equal(new Set(sent.map(({ SequenceNumber }) => SequenceNumber)).size, 1)
    assert.equal((await drain(QueueUrl)).length, 1)
  })

  test('a message group is in the hands of one receiver at a time, and in its order', async () => {
    const QueueUrl = await create('order.fifo')
    const groups = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(
      groups.map(async (MessageGroupId) => {
        for (let i = 0; i < 20; i++) {
          const MessageBody = `${MessageGroupId}-${i}`
          const message = { QueueUrl, MessageGroupId, MessageDeduplicationId: MessageBody, MessageBody }
          await (clients[i % 2] as SQS).sendMessage(message)
        }
      }),
    )
    const received = await drain(QueueUrl)
    for (const group of groups) {
      const ofGroup = received.filter((body) => body.startsWith(group))
      assert.deepEqual(
        ofGroup,
        Array.from({ length: 20 }, (_, i) => `${group}-${i}`),
      )
    }
  })

  test('sending to a group while it is emptied strands nothing', async () => {
    const QueueUrl = await create('race.fifo')
    let isSending = true
    const received: string[] = []
    const receiver = async (sqs: SQS) => {
      for (let empty = 0; isSending || empty < 2; ) {
        const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 })
        empty = Messages.length === 0 ? empty + 1 : 0
        for (const { Body, ReceiptHandle } of Messages) {
          received.push(Body as string)
          await sqs.deleteMessage({ QueueUrl, ReceiptHandle })
        }
      }
    }
    const receivers = clients.map(receiver)
    for (let i = 0; i < 100; i++) {
      const message = { QueueUrl, MessageGroupId: 'g', MessageDeduplicationId: `${i}`, MessageBody: `${i}` }
      await (clients[i % 2] as SQS).sendMessage(message)
    }
    isSending = false
    await Promise.all(receivers)
    assert.deepEqual(
      received,
      Array.from({ length: 100 }, (_, i) => `${i}`),
    )
  })

  test('receives with one new attempt id that reach both nodes at once are one receive', async () => {
    const QueueUrl = await create('attempts.fifo')
    const groups = Array.from({ length: 40 }, (_, i) => `g${i}`)
    await Promise.all(
      groups.map((group) =>
        clients[0].sendMessage({ QueueUrl, MessageGroupId: group, MessageDeduplicationId: group, MessageBody: group }),
      ),
    )
    for (let i = 0; i < 10; i++) {
      const attempt = { QueueUrl, ReceiveRequestAttemptId: `attempt-${i}`, VisibilityTimeout: 60 }
      const answers = await Promise.all([...clients, ...clients].map((sqs) => sqs.receiveMessage(attempt)))
      const handles = answers.map(({ Messages }) => Messages?.[0]?.ReceiptHandle)
      assert.equal(new Set(handles).size, 1, `attempt ${i} received ${new Set(handles).size} messages`)
      assert.notEqual(handles[0], undefined)
    }
  })

  test('a group that another node holds is passed over; who waits for it has it within a second or two', async () => {
    const QueueUrl = await create('passed-over.fifo')
    const message = { QueueUrl, MessageGroupId: 'g', MessageDeduplicationId: 'd', MessageBody: 'held' }
    await clients[0].sendMessage(message)
    const holder = new Client({ connectionString: store })
    await holder.connect()
    await holder.query('begin')
    await holder.query("select from sqs_group where group_id = 'g' for update")
    assert.equal((await clients[1].receiveMessage({ QueueUrl })).Messages, undefined)
    const waiting = clients[1].receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
    await clients[1].receiveMessage({ QueueUrl }) // by now the other one waits too
    await holder.query('rollback')
    await holder.end()
    const began = performance.now()
    assert.equal((await waiting).Messages?.[0]?.Body, 'held')
    assert.ok(performance.now() - began < 5_000)
  })

  test('changes of one queue that reach both nodes at once are all kept', async () => {
    const QueueUrl = await create('tags')
    const tags = Array.from({ length: 20 }, (_, i) => `t${i}`)
    await Promise.all(tags.map((tag, i) => (clients[i % 2] as SQS).tagQueue({ QueueUrl, Tags: { [tag]: 'x' } })))
    const { Tags = {} } = await clients[0].listQueueTags({ QueueUrl })
    assert.deepEqual(Object.keys(Tags).sort(), [...tags].sort())
  })

  test('a queue that both create at once is one queue', async () => {
    const created = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (clients[i % 2] as SQS).createQueue({ QueueName: 'created' })),
    )
    assert.equal(created.length, 10)
    const { QueueUrls } = await clients[0].listQueues({ QueueNamePrefix: 'created' })
    assert.equal(QueueUrls?.length, 1)
  })

  test('the clock that one node moves moves on the other', async () => {
    const QueueUrl = await create('delayed')
    await clients[0].sendMessage({ QueueUrl, MessageBody: 'later', DelaySeconds: 600 })
    assert.equal((await clients[1].receiveMessage({ QueueUrl })).Messages, undefined)
    await shiftClock(nodes[0].url, 601_000)
    assert.equal((await clients[1].receiveMessage({ QueueUrl })).Messages?.[0]?.Body, 'later')
  })

  test('a move task moves each message once, whichever node runs it', async () => {
    const dead = await create('dead')
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
      maxReceiveCount: 1,
    })
    const source = await create('source', { RedrivePolicy, VisibilityTimeout: '0' })
    const bodies = Array.from({ length: 30 }, (_, i) => `m${i}`)
    for (const MessageBody of bodies) await clients[0].sendMessage({ QueueUrl: source, MessageBody })
    const depthOf = async (QueueUrl: string) => {
      const { Attributes } = await clients[0].getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
      return Number(Attributes?.ApproximateNumberOfMessages)
    }
    while ((await depthOf(dead)) < bodies.length) {
      await Promise.all(clients.map((sqs) => sqs.receiveMessage({ QueueUrl: source, MaxNumberOfMessages: 10 })))
    }
    await clients[1].startMessageMoveTask({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:dead' })
    await clients[0].setQueueAttributes({
      QueueUrl: source,
      Attributes: { RedrivePolicy: '', VisibilityTimeout: '30' },
    })
    assert.deepEqual((await drain(source)).sort(), [...bodies].sort())
    assert.equal(await depthOf(dead), 0)
  })
})
