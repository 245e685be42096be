/**
 * What clients can make a node hold: each attack against a node of its own with a heap of 256 MiB, which must stay below
 * 512 MiB in all, and go on serving others.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type SpawnedNode, spawnNode } from '../../src/testing/node.ts'
import { startProber } from './prober.ts'
import { type HostileRequest, hostileRequests, wireBytes } from './requests.ts'

const MIB = 1024 * 1024
const MAX_RESIDENT_MIB = 512
/** A well-behaved client's patience, on a machine that runs other tests as well. */
const PATIENCE_MS = 5000
const TIME = { timeout: 110_000 }

const headers = (operation: string) => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `AmazonSQS.${operation}`,
})

interface Target extends AsyncDisposable {
  readonly node: SpawnedNode
  call(operation: string, input: object): Promise<string>
  /** Others are served meanwhile, and the memory has its bounds. */
  assertUnharmed(): Promise<void>
}

async function startTarget(...args: readonly string[]): Promise<Target> {
  const node = await spawnNode({
    args: ['--edge-threads', '1', '--log-level', 'error', ...args],
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  })
  const call = async (operation: string, input: object) => {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const init = { method: 'POST', headers: headers(operation), body: JSON.stringify(input), signal }
    const response = await fetch(node.url, init)
    const text = await response.text()
    assert.equal(response.status, 200, text.slice(0, 500))
    return text
  }
  await call('CreateQueue', { QueueName: 'q' })
  const prober = await startProber(node.port)
  return {
    node,
    call,
    async assertUnharmed() {
      await call('SendMessage', { QueueUrl: 'q', MessageBody: 'still there' })
      const { slowestMs, lost } = await prober.take()
      assert.equal(lost, false, 'the connection that asks for the node’s health was ended')
      assert.ok(slowestMs < PATIENCE_MS, `an answer took ${Math.round(slowestMs)} ms`)
      const resident = peakMiB(node.pid)
      assert.ok(resident < MAX_RESIDENT_MIB, `the node took ${resident} MiB`)
    },
    async [Symbol.asyncDispose]() {
      await prober[Symbol.asyncDispose]()
      await node.kill()
    },
  }
}

const peakMiB = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

/** Resolves when all of it is written, or the connection has ended. */
const write = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((done) => {
    socket.once('close', () => done())
    socket.write(bytes, () => done())
  })

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

test('120 large bodies that never end', TIME, async () => {
  await using target = await startTarget()
  const body = Buffer.alloc(8 * MIB, 0x20)
  const bytes = wireBytes({
    name: '',
    headers: { ...headers('SendMessage'), 'content-length': String(8.5 * MIB) },
    body,
  })
  const sockets = Array.from({ length: 120 }, () => open(target.node.port))
  try {
    for (const group of [0, 40, 80]) {
      await Promise.all(sockets.slice(group, group + 40).map((socket) => write(socket.resume(), bytes)))
      await target.assertUnharmed()
    }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

/** More than one claim brings up: each receive gets messages of 1 MiB, again and again. */
async function fillQueue({ call }: Target): Promise<void> {
  await call('SetQueueAttributes', { QueueUrl: 'q', Attributes: { VisibilityTimeout: '0' } })
  for (let i = 0; i < 20; i++) await call('SendMessage', { QueueUrl: 'q', MessageBody: 'x'.repeat(MIB) })
}

const receive: HostileRequest = {
  name: 'a large receive',
  headers: headers('ReceiveMessage'),
  body: Buffer.from('{"QueueUrl":"q","MaxNumberOfMessages":10}'),
}

test('clients of HTTP/1.1 that never read', TIME, async ({ signal }) => {
  await using target = await startTarget('--stall-timeout-ms', '3000')
  await fillQueue(target)
  const pipelined = Buffer.concat(Array.from({ length: 4 }, () => wireBytes(receive)))
  const sockets = Array.from({ length: 60 }, () => open(target.node.port).pause())
  try {
    await Promise.all(sockets.map((socket) => write(socket, pipelined)))
    await Promise.all(sockets.map((socket) => untilCutOff(socket, signal)))
    await target.assertUnharmed()
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

/** A socket that isn't read never hears of its end: writing tells. */
async function untilCutOff(socket: Socket, signal: AbortSignal): Promise<void> {
  while (!socket.destroyed && !signal.aborted) {
    await new Promise((turn) => setTimeout(turn, 100))
    socket.write('\r\n')
  }
}

test('clients of HTTP/2 with a window of nothing', TIME, async () => {
  await using target = await startTarget('--stall-timeout-ms', '3000')
  await fillQueue(target)
  const sessions = Array.from({ length: 10 }, () =>
    connectHttp2(target.node.url, { settings: { initialWindowSize: 0 } }),
  )
  try {
    await Promise.all(
      sessions.map((session) => {
        session.on('error', () => undefined)
        for (let i = 0; i < 50; i++) {
          const stream = session.request({ ':method': 'POST', ':path': '/', ...receive.headers })
          stream.on('error', () => undefined)
          stream.end(receive.body)
        }
        return new Promise<void>((ended) => session.once('close', () => ended()))
      }),
    )
    await target.assertUnharmed()
  } finally {
    for (const session of sessions) session.destroy()
  }
})

test('bodies of very many, very deep or very long values', TIME, async () => {
  await using target = await startTarget()
  const { port } = target.node
  for (const request of hostileRequests) {
    const bytes = wireBytes({ ...request, headers: { ...request.headers, connection: 'close' } })
    const statuses = await Promise.all([1, 2, 3].map(() => statusOf(port, bytes)))
    for (const status of statuses) assert.match(status, /^HTTP\/1\.1 (200|4\d\d|503) /, request.name)
    await target.assertUnharmed()
  }
})

function statusOf(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(port).setEncoding('latin1')
    let received = ''
    socket.on('data', (text) => {
      received += text
    })
    socket.on('close', () => resolve(received.slice(0, 200)))
    socket.write(bytes)
  })
}

test('1.4 million entries are counted, not read', TIME, async () => {
  await using target = await startTarget()
  const body = `{"QueueUrl":"q","Entries":[{}${',{}'.repeat(1_399_999)}]}`
  const response = await fetch(target.node.url, { method: 'POST', headers: headers('SendMessageBatch'), body })
  assert.match(await response.text(), /TooManyEntriesInBatchRequest.*You have sent 1400000\./)
  await target.assertUnharmed()
})

/** A frame of HTTP/2. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)])
/** `:method GET`, `:path /`, `:scheme http`, and `:authority localhost`. */
const HEADERS = Buffer.concat([Buffer.from([0x82, 0x84, 0x86, 0x41, 9]), Buffer.from('localhost')])
const streams = (count: number, of: (stream: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => of(2 * i + 1)))

/** What a client of HTTP/2 sends without reading. */
const floods = {
  'PING frames': streams(20_000, () => frame(6, 0, 0, Buffer.alloc(8))),
  'SETTINGS frames': streams(20_000, () => frame(4, 0, 0)),
  'streams that are taken back at once': streams(20_000, (stream) =>
    Buffer.concat([frame(1, 5, stream, HEADERS), frame(3, 0, stream, Buffer.from([0, 0, 0, 8]))]),
  ),
  'CONTINUATION frames': Buffer.concat([
    frame(1, 1, 1, HEADERS),
    streams(20_000, () => frame(9, 0, 1, Buffer.from([0x00, 1, 0x61, 1, 0x62]))),
  ]),
}

for (const [name, bytes] of Object.entries(floods)) {
  test(`HTTP/2: a flood of ${name} ends its session`, TIME, async () => {
    await using target = await startTarget()
    const socket = open(target.node.port).resume()
    const ended = new Promise<void>((done) => socket.once('close', () => done()))
    socket.write(Buffer.concat([PREFACE, bytes]))
    await ended
    await target.assertUnharmed()
  })
}
