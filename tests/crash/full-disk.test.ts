/**
 * A disk without room: clients are told to come back, the node says what it lacks and goes on when it gets it, and
 * nothing that was acknowledged is lost. Once with a full file system, which takes the right to mount one, and once with
 * a limit on the size of files, which the system reports to the node in another way.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SQS, SQSServiceException } from '@aws-sdk/client-sqs'
import { clientOf, skipUnless } from '../../src/testing/clients.ts'
import { type SpawnedNode, spawnNode } from '../../src/testing/node.ts'

const prlimit = clientOf('prlimit', 'MILLRACE_TEST_PRLIMIT', ['prlimit'], ['--version'])

test('a limit on the size of files stops writing until it is lifted', { skip: skipUnless(prlimit) }, async () => {
  await using folder = temporaryFolder()
  const limit = (node: SpawnedNode, bytes: string) =>
    execFileSync(prlimit.path(), ['--pid', String(node.pid), `--fsize=${bytes}:`])
  await fillAndMakeRoom(folder.path, {
    narrow: (node) => limit(node, '4000000'),
    widen: (node) => limit(node, 'unlimited'),
  })
})

test('a full file system stops writing until there is room again', { skip: skipUnlessMountable() }, async () => {
  await using folder = temporaryFolder()
  mount(['-t', 'tmpfs', '-o', 'size=6m', 'millrace-test', folder.path])
  try {
    await fillAndMakeRoom(folder.path, {
      narrow: () => undefined,
      widen: () => mount(['-o', 'remount,size=64m', folder.path]),
    })
  } finally {
    execFileSync('umount', [folder.path])
  }
})

interface Room {
  narrow(node: SpawnedNode): void
  widen(node: SpawnedNode): void
}

async function fillAndMakeRoom(folder: string, room: Room): Promise<void> {
  const dataDir = join(folder, 'data')
  await using node = await spawnNode({ dataDir, embedded: true })
  const sqs = clientFor(node)
  const QueueUrl = (await sqs.createQueue({ QueueName: 'q' })).QueueUrl as string
  const acknowledged: string[] = []
  const send = async (bytes: number) => {
    const sent = await sqs.sendMessage({ QueueUrl, MessageBody: 'x'.repeat(bytes) })
    acknowledged.push(sent.MessageId as string)
  }

  room.narrow(node)
  // Small ones find room for a while where large ones don't.
  for (const bytes of [200_000, 20_000, 1])
    await assert.rejects(
      forever(() => send(bytes)),
      isUnavailable,
    )

  const reason = await unreadyReason(node)
  assert.equal(await countMessages(sqs, QueueUrl), acknowledged.length, 'what only reads is still answered')
  assert.equal(await unreadyReason(node), reason, 'having read is no reason to believe that it can write')

  room.widen(node)
  assert.equal((await fetch(`${node.url}/_millrace/health`)).status, 200, 'ready without having been written to')
  await send(200_000)
  assert.equal(await countMessages(sqs, QueueUrl), acknowledged.length)

  await node.kill()
  assert.match(node.output.stderr, /the store can not be written.*the store can be written again/s)
  await using restarted = await spawnNode({ dataDir, embedded: true })
  assert.deepEqual(await receiveAll(restarted, acknowledged.length), acknowledged.sort())
}

const clientFor = ({ url }: SpawnedNode) =>
  new SQS({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })

/** More than fit into either room. */
const ATTEMPTS = 2000

/** Calls again and again until it rejects. */
async function forever(call: () => Promise<void>): Promise<void> {
  for (let i = 0; i < ATTEMPTS; i++) await call()
}

function isUnavailable(error: unknown): boolean {
  assert.ok(error instanceof SQSServiceException, String(error))
  assert.deepEqual([error.$metadata.httpStatusCode, error.name], [503, 'ServiceUnavailable'])
  return true
}

/** Why the node isn't ready. */
async function unreadyReason({ url }: SpawnedNode): Promise<string> {
  const answer = await fetch(`${url}/_millrace/health`)
  const { reason } = (await answer.json()) as { reason: string }
  assert.equal(answer.status, 503)
  assert.match(reason, /no space left for the database|files of the database can not be read or written/)
  return reason
}

async function countMessages(sqs: SQS, QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] })
  return Number(Attributes?.ApproximateNumberOfMessages)
}

/** The ids of all messages of the queue, sorted; there may not be more than `expected`. */
async function receiveAll(node: SpawnedNode, expected: number): Promise<string[]> {
  const sqs = clientFor(node)
  const QueueUrl = (await sqs.getQueueUrl({ QueueName: 'q' })).QueueUrl as string
  const ids: string[] = []
  for (let more = true; more && ids.length <= expected; ) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 })
    ids.push(...Messages.map(({ MessageId }) => MessageId as string))
    more = Messages.length > 0
  }
  return ids.sort()
}

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'millrace-full-disk-'))
  return { path, [Symbol.asyncDispose]: async () => rmSync(path, { recursive: true }) }
}

const mount = (args: readonly string[]) => execFileSync('mount', args)

function skipUnlessMountable(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'millrace-test', folder]).status === 0
  if (mounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
  return mounted ? false : 'this user may not mount a file system'
}
