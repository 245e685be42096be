/**
 * How long single requests hold a node's one thread, its heap bounded to 256 MiB: the slowest of the answers that
 * another connection gets meanwhile, three times over. No request may take more than 50 ms.
 *
 * Exit code 1 if one does.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { spawnNode } from '../src/testing/node.ts'
import { startProber } from '../tests/hostile/prober.ts'
import { type HostileRequest, hostileRequests, largeRequests, wireBytes } from '../tests/hostile/requests.ts'

const MAX_MS = 50
const TIMES = 3

/** Resolves to the beginning of the answer, when all of it is there. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let start = ''
    socket.on('data', (chunk) => {
      if (start.length < 1000) start += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(start))
    socket.write(bytes)
  })
}

const closing = (request: HostileRequest) =>
  wireBytes({ ...request, headers: { ...request.headers, connection: 'close' } })

async function main(part = ''): Promise<number> {
  await using node = await spawnNode({
    embedded: true,
    args: ['--log-level', 'error'],
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  })
  const setUp = [
    ['AmazonSQS.CreateQueue', { QueueName: 'q' }],
    ['AmazonSimpleNotificationService.CreateTopic', { Name: 't' }],
  ] as const
  for (const [target, input] of setUp) {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target }
    await send(node.port, closing({ name: '', headers, body: Buffer.from(JSON.stringify(input)) }))
  }
  await using prober = await startProber(node.port)
  let slowestMs = 0
  for (const request of [...largeRequests, ...hostileRequests].filter(({ name }) => name.includes(part))) {
    const bytes = closing(request)
    await prober.take()
    const ms: number[] = []
    let answer = ''
    for (let i = 0; i < TIMES; i++) {
      answer = await send(node.port, bytes)
      ms.push(Math.round((await prober.take()).slowestMs))
    }
    slowestMs = Math.max(slowestMs, ...ms)
    const megabytes = (bytes.length / 1e6).toFixed(1).padStart(5)
    const status = answer.slice('HTTP/1.1 '.length).split(' ', 1)[0]
    console.log(`${request.name.padEnd(36)} ${megabytes} MB ${status} ${ms.join(' ').padStart(14)} ms`)
  }
  const peakKib = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${node.pid}/status`, 'utf8'))?.[1])
  console.log(`slowest ${slowestMs} ms; the node took ${Math.round(peakKib / 1024)} MiB at most`)
  return slowestMs > MAX_MS ? 1 : 0
}

process.exitCode = await main(process.argv[2])
