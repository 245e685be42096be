/**
 * Asks a node whether it is alive, again and again over one connection, from a thread of its own: what the slowest
 * answer took is how long the node's one thread was held.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export interface Probed {
  readonly slowestMs: number
  readonly answers: number
  /** The node ended the connection. */
  readonly lost: boolean
}

export interface Prober extends AsyncDisposable {
  /** What was found since the last call. */
  take(): Promise<Probed>
}

/** Resolves when the first answer is there. */
export async function startProber(port: number): Promise<Prober> {
  const worker = new Worker(new URL(import.meta.url), { workerData: port })
  await once(worker, 'message')
  return {
    async take() {
      worker.postMessage('take')
      const [probed] = await once(worker, 'message')
      return probed as Probed
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

const REQUEST = 'GET /_millrace/live HTTP/1.1\r\nhost: localhost\r\n\r\n'
const ANSWER_END = '{"status":"alive"}'

async function probe(port: number): Promise<void> {
  let slowestMs = 0
  let answers = 0
  let lost = false
  let received = ''
  let askedAt = 0
  const socket = connect(port, '127.0.0.1')
  const ask = (): void => {
    received = ''
    askedAt = performance.now()
    socket.write(REQUEST)
  }
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('connect', ask)
  socket.on('error', () => undefined)
  socket.on('close', () => {
    lost = true
  })
  socket.on('data', (text) => {
    received += text
    if (!received.endsWith(ANSWER_END)) return
    slowestMs = Math.max(slowestMs, performance.now() - askedAt)
    if (answers++ === 0) parentPort?.postMessage('begun')
    setTimeout(ask, 1)
  })
  parentPort?.on('message', () => {
    // One that waits for its answer right now counts with what it has waited.
    const waiting = received.endsWith(ANSWER_END) ? 0 : performance.now() - askedAt
    parentPort?.postMessage({ slowestMs: Math.max(slowestMs, waiting), answers, lost } satisfies Probed)
    slowestMs = 0
  })
}

if (!isMainThread && typeof workerData === 'number') await probe(workerData)
