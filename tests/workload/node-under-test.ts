/** A node that faults befall: one store and one port, and a process that comes and goes. */
import { setTimeout as pause } from 'node:timers/promises'
import { type LaunchedNode, launchNode, type SpawnOptions } from '../../src/testing/node.ts'

/** A start takes half a second on an idle machine. */
const START_DEADLINE_MS = 60_000
const MAX_EVIDENCE = 2_000

export class NodeUnderTest {
  /** Called with what it said, when it ends without having been killed. */
  onEnd: (how: string) => void = () => undefined
  readonly #options: SpawnOptions
  #process: LaunchedNode | undefined
  #port = 0
  #isUp = false
  #up = Promise.withResolvers<void>()

  /** `options` says where its data is. */
  constructor(options: SpawnOptions) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Whether it takes calls. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** Resolves while the node is up, or as soon as it is up again. */
  up(): Promise<void> {
    return this.#up.promise
  }

  /** Resolves when it is ready. Rejects if it ends before, or takes too long. */
  async start(): Promise<void> {
    const launched = this.#launch()
    const late = pause(START_DEADLINE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the node was not ready after ${START_DEADLINE_MS} ms: ${launched.output.stderr}`)
    })
    this.#port = Number(new URL(await Promise.race([launched.ready, late])).port)
    this.#setUp()
  }

  /** Starts it, and kills it after so many milliseconds, ready or not. */
  async killWhileStarting(afterMs: number): Promise<void> {
    const launched = this.#launch()
    launched.ready.catch(() => undefined) // it is not meant to get there
    await pause(afterMs)
    await this.kill()
  }

  /** SIGKILL; resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#setDown()
    const killed = this.#process
    this.#process = undefined
    await killed?.kill('SIGKILL')
  }

  /** SIGSTOP: the process stays, its connections too, and nothing happens until it is resumed. */
  freeze(): void {
    this.#setDown()
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
    this.#setUp()
  }

  /** For the end of this process, when there is no time to wait. */
  killNow(): void {
    void this.#process?.kill('SIGKILL')
  }

  /** What it has logged since its last start. */
  get log(): string {
    return this.#process?.output.stderr ?? ''
  }

  #setUp(): void {
    this.#isUp = true
    this.#up.resolve()
  }

  #setDown(): void {
    if (this.#isUp) this.#up = Promise.withResolvers()
    this.#isUp = false
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal)
  }

  #launch(): LaunchedNode {
    const { args = [], ...options } = this.#options
    const launched = launchNode({ ...options, port: this.#port, args: [...args, '--log-level', 'warn'] })
    this.#process = launched
    void launched.exited.then(({ code, signal }) => {
      if (this.#process !== launched) return
      this.#setDown()
      this.onEnd(`ended with ${signal ?? code}: ${launched.output.stderr.slice(-MAX_EVIDENCE)}`)
    })
    return launched
  }
}
