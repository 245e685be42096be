import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { RawClient, rawRequest } from './kernel/edge/testing/edge.ts'
import { runProgram, spawnNode } from './testing/node.ts'

/** A data directory of its own for one test. */
async function dataDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'millrace-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

async function callSqs(url: string, operation: string, input: object) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) })
  return response.json() as Promise<Record<string, unknown>>
}

test('--help names the options, --version the version', async () => {
  const help = await runProgram(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.stdout, /--data-dir <text>/)
  assert.equal((await runProgram(['backup', '--help'])).stdout, help.stdout)
  const version = await runProgram(['--version'])
  assert.equal(version.code, 0)
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
})

const misuses = [
  { args: ['--nope'], says: /--nope/ },
  { args: ['stop'], says: /no command 'stop'.*start and backup/ },
  { args: ['constructor'], says: /no command 'constructor'/ },
  { args: ['start', 'now'], says: /'now'/ },
  { args: ['backup'], says: /--to <file>/ },
  { args: ['backup', '--to', 'copy.db', '--port', '1'], says: /--port/ },
  { args: ['start', '--port', 'x'], says: /--port must be/ },
  { args: ['--store', 'mysql://db'], says: /--store must be an address like postgres:/ },
  { args: ['--auth', 'enforce'], says: /NotImplemented/ },
  { args: ['--host', '0.0.0.0'], says: /--allow-remote/ },
  { args: ['--ephemeral', '--tls-cert', '/nowhere.pem', '--tls-key', '/nowhere.pem'], says: /nowhere\.pem/ },
]

for (const { args, says } of misuses) {
  test(`${args.join(' ')} is refused with a reason and exit code 2`, async () => {
    const { code, stdout, stderr } = await runProgram(args)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, says)
    assert.match(stderr, /millrace --help/)
  })
}

test('the embedded store is not backed up in place of the one that is used', async () => {
  const { code, stderr } = await runProgram(['backup', '--to', 'copy.db'], { MILLRACE_STORE: 'postgres://db' })
  assert.equal(code, 2)
  assert.match(stderr, /MILLRACE_STORE is set.*pg_dump/)
})

test('a port and a data directory are for one node at a time', async () => {
  await using data = await dataDirectory()
  await using node = await spawnNode({ dataDir: data.path, embedded: true })
  const portTaken = await runProgram(['--ephemeral', '--port', String(node.port)])
  assert.equal(portTaken.code, 1)
  assert.match(portTaken.stderr, /^millrace: the port is taken .*EADDRINUSE.*--port\n$/)
  const directoryTaken = await runProgram(['--port', '0', '--data-dir', data.path])
  assert.equal(directoryTaken.code, 1)
  assert.match(directoryTaken.stderr, new RegExp(`^millrace: .*in use by process ${node.pid} .*\n$`))
})

test('the greeting names the address and where the data is', async () => {
  await using data = await dataDirectory()
  await using node = await spawnNode({ dataDir: data.path, embedded: true })
  assert.ok(node.output.stdout.includes(`ready at ${node.url}\nData: ${data.path}\n`))
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} answers a long poll that is in hand, and ends with 0`, async () => {
    await using node = await spawnNode()
    const { QueueUrl } = await callSqs(node.url, 'CreateQueue', { QueueName: 'q' })
    using poll = new RawClient(node.port)
    const request = (operation: string, input: object) =>
      rawRequest(
        { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
        JSON.stringify(input),
      )
    // Sent as one, the poll has arrived when the first request is answered.
    poll.send(request('ListQueues', {}) + request('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }))
    await poll.until(/QueueUrls/)
    assert.deepEqual(await node.kill(signal), { code: 0, signal: null })
    assert.match(await poll.untilEnd(), /QueueUrls.*HTTP\/1\.1 200 OK\r\n.*\{\}$/s)
    assert.equal(node.output.stderr, '')
  })
}

test('what was acknowledged is there after kill -9', async () => {
  await using data = await dataDirectory()
  const first = await spawnNode({ dataDir: data.path })
  const { QueueUrl } = await callSqs(first.url, 'CreateQueue', { QueueName: 'q' })
  await callSqs(first.url, 'SendMessage', { QueueUrl, MessageBody: 'kept' })
  assert.deepEqual(await first.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
  await using second = await spawnNode({ dataDir: data.path })
  const { Messages } = await callSqs(second.url, 'ReceiveMessage', { QueueUrl })
  assert.equal((Messages as { Body: string }[])[0]?.Body, 'kept')
})
