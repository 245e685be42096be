/** `millrace backup` beside a node under load: what was acknowledged before it began is there after a restore. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SQS } from '@aws-sdk/client-sqs'
import { runProgram, spawnNode } from '../../src/testing/node.ts'

const SENDERS = 4
const BATCH = 10
/** More pages than SQLite would copy in a few steps, so that a backup in steps would be disturbed by the senders. */
const BODY_BYTES = 4_000
const BEFORE_BACKUP = 600

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'millrace-backup-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const clientOf = (url: string) =>
  new SQS({ endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })

/** Sends batches until told to stop; `acknowledged` has the numbers of the messages whose sending was answered. */
function startSending(sqs: SQS, QueueUrl: string) {
  const acknowledged = new Set<number>()
  const milestone = Promise.withResolvers<void>()
  let next = 0
  let isStopping = false
  const send = async () => {
    while (!isStopping) {
      const numbers = Array.from({ length: BATCH }, () => next++)
      const Entries = numbers.map((number) => ({
        Id: String(number),
        MessageBody: `${number}:`.padEnd(BODY_BYTES, '.'),
      }))
      const { Successful } = await sqs.sendMessageBatch({ QueueUrl, Entries })
      for (const { Id } of Successful ?? []) acknowledged.add(Number(Id))
      if (acknowledged.size >= BEFORE_BACKUP) milestone.resolve()
    }
  }
  const senders = Promise.all(Array.from({ length: SENDERS }, send))
  senders.catch(milestone.reject)
  return {
    acknowledged,
    reached: milestone.promise,
    async stop() {
      isStopping = true
      await senders
    },
  }
}

async function receiveAll(sqs: SQS, QueueUrl: string): Promise<Set<number>> {
  const numbers = new Set<number>()
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 })
    if (Messages.length === 0) return numbers
    for (const { Body = '' } of Messages) numbers.add(Number.parseInt(Body, 10))
  }
}

/** Does what docs/operations.md says: the file becomes the database of an empty data directory. */
async function restore(backup: string, dataDir: string) {
  await mkdir(dataDir)
  await rename(backup, join(dataDir, 'millrace.db'))
  return spawnNode({ dataDir, embedded: true })
}

test('a backup under load has everything that was acknowledged before it began', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'data')
  const backup = join(folder.path, 'copy.db')
  await using node = await spawnNode({ dataDir, embedded: true })
  const sqs = clientOf(node.url)
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: 'orders', Attributes: { VisibilityTimeout: '45' } })
  const load = startSending(sqs, QueueUrl)
  await load.reached
  const before = new Set(load.acknowledged)
  const { code, stdout, stderr } = await runProgram(['backup', '--data-dir', dataDir, '--to', backup])
  await load.stop()
  sqs.destroy()
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /is backed up to .*copy\.db: \d+ bytes\n$/)
  assert.ok(load.acknowledged.size > before.size, 'nothing was sent while the backup was taken')

  const again = await runProgram(['backup', '--data-dir', dataDir, '--to', backup])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^millrace: .*copy\.db exists, and a backup does not overwrite\n$/)

  const db = new DatabaseSync(backup)
  assert.equal(db.prepare('pragma integrity_check').get()?.integrity_check, 'ok')
  db.close()

  await using restored = await restore(backup, join(folder.path, 'restored'))
  const restoredSqs = clientOf(restored.url)
  const { QueueUrl: restoredUrl = '' } = await restoredSqs.getQueueUrl({ QueueName: 'orders' })
  const { Attributes } = await restoredSqs.getQueueAttributes({ QueueUrl: restoredUrl, AttributeNames: ['All'] })
  assert.equal(Attributes?.VisibilityTimeout, '45')
  const received = await receiveAll(restoredSqs, restoredUrl)
  restoredSqs.destroy()
  const lost = [...before].filter((number) => !received.has(number))
  assert.deepEqual(lost, [], 'acknowledged before the backup, and not in it')
  assert.equal(Attributes?.ApproximateNumberOfMessages, String(received.size))
})

test('a backup needs no node: what a killed one left in its log is in it', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'data')
  const backup = join(folder.path, 'copy.db')
  await using node = await spawnNode({ dataDir, embedded: true })
  const sqs = clientOf(node.url)
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'orders' })
  await sqs.sendMessage({ QueueUrl, MessageBody: '1' })
  await node.kill('SIGKILL')
  sqs.destroy()
  assert.equal((await runProgram(['backup', '--data-dir', dataDir, '--to', backup])).code, 0)

  await using restored = await restore(backup, join(folder.path, 'restored'))
  const restoredSqs = clientOf(restored.url)
  const { QueueUrl: restoredUrl = '' } = await restoredSqs.getQueueUrl({ QueueName: 'orders' })
  assert.deepEqual([...(await receiveAll(restoredSqs, restoredUrl))], [1])
  restoredSqs.destroy()
})
