/**
 * Signatures for many: threads that are handed a few texts at a time.
 *
 * Node's own thread pool takes each signature as a job of its own. Under load the threads then wake each other thousands
 * of times a second, which costs half as much as the signatures themselves. So a few signatures go to the pool, and many,
 * which is what the deliveries to an HTTP endpoint ask for, to threads of our own. These begin with the first need of them,
 * and stay until the node ends.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SignText } from './model/signature.ts'

/** What a thread is handed at once. */
export interface ToSign {
  readonly privateKeyPem: string
  readonly texts: readonly (readonly [algorithm: string, text: string])[]
}

/** In base64, in the order of the texts. */
export type Signatures = readonly string[]

/** So many that wait at once are worth threads. */
const MANY = 16
/** Two and a half milliseconds of work: who asks for one signature meanwhile waits no longer than that. */
const AT_ONCE = 8
const MAX_THREADS = 4
const HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 }

interface Waiting {
  readonly privateKeyPem: string
  readonly algorithm: string
  readonly text: string
  readonly few: () => Promise<string>
  readonly answer: PromiseWithResolvers<string>
}

interface Thread {
  readonly worker: Worker
  inHand: readonly Waiting[]
}

export class SigningThreads {
  readonly #threads: Thread[] = []
  #maxThreads = Math.min(availableParallelism(), MAX_THREADS)
  #waiting: Waiting[] = []
  #isPlanned = false

  /** Signs with a key; `few` is asked when there is little to do. */
  signerOf(privateKeyPem: string, few: SignText): SignText {
    return (algorithm, text) => {
      const answer = Promise.withResolvers<string>()
      this.#waiting.push({ privateKeyPem, algorithm, text, few: () => few(algorithm, text), answer })
      if (!this.#isPlanned) {
        this.#isPlanned = true
        setImmediate(() => this.#handOut()) // so that those who ask in one turn of the event loop are handed over together
      }
      return answer.promise
    }
  }

  /** Ends the threads: what they have in hand fails, what waits is left to the pool. */
  close(): void {
    this.#maxThreads = 0
    for (const { worker } of this.#threads) void worker.terminate()
  }

  #handOut(): void {
    this.#isPlanned = false
    const isWorthThreads = this.#maxThreads > 0 && this.#waiting.length >= MANY
    if (this.#threads.length === 0 && !isWorthThreads) return this.#handToPool()
    while (this.#waiting.length > 0) {
      const thread = this.#threads.find(({ inHand }) => inHand.length === 0) ?? this.#another()
      if (thread === undefined) return
      this.#hand(thread)
    }
  }

  #handToPool(): void {
    for (const { few, answer } of this.#waiting) few().then(answer.resolve, answer.reject)
    this.#waiting = []
  }

  /** The texts of one key, which all of them are but for what lay in a queue when the key changed. */
  #hand(thread: Thread): void {
    const { privateKeyPem } = this.#waiting[0] as Waiting
    const other = this.#waiting.findIndex((waiting) => waiting.privateKeyPem !== privateKeyPem)
    const ofKey = other < 0 ? this.#waiting.length : other
    const share = Math.ceil(ofKey / this.#maxThreads)
    thread.inHand = this.#waiting.splice(0, Math.min(AT_ONCE, share))
    const texts = thread.inHand.map(({ algorithm, text }) => [algorithm, text] as const)
    thread.worker.postMessage({ privateKeyPem, texts } satisfies ToSign)
  }

  /** Undefined if there may be no more. */
  #another(): Thread | undefined {
    if (this.#threads.length >= this.#maxThreads) return undefined
    const worker = new Worker(new URL('./signing-thread.ts', import.meta.url), { resourceLimits: HEAP })
    worker.unref()
    const thread: Thread = { worker, inHand: [] }
    this.#threads.push(thread)
    worker.on('message', (signatures: Signatures) => {
      const { inHand } = thread
      thread.inHand = []
      for (const [at, { answer }] of inHand.entries()) answer.resolve(signatures[at] as string)
      this.#handOut()
    })
    worker.on('error', (error) => this.#lose(thread, error as Error))
    worker.on('exit', () => this.#lose(thread, new Error('the signing thread has ended')))
    return thread
  }

  #lose(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread)
    if (at >= 0) this.#threads.splice(at, 1)
    const { inHand } = thread
    thread.inHand = []
    for (const { answer } of inHand) answer.reject(error)
    if (this.#threads.length === 0) this.#handToPool() // it may be that none can be had
  }
}
