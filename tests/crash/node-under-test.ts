/**
 * The node that is killed: one data directory and one port, and a process that comes and goes. Those who call it wait
 * with `up` while it is away.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type LaunchedNode, launchNode } from '../../src/testing/node.ts'

/** A start takes half a second on an idle machine. */
const START_DEADLINE_MS = 60_000

export class NodeUnderTest {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  /** Called with what it said, when it ends without having been killed. */
  onEnd: (how: string) => void = () => undefined
  #process: LaunchedNode | undefined
  #port = 0
  #isUp = false
  #up = Promise.withResolvers<void>()
  #starts = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** How often it was started: differs before and after a kill. */
  get starts(): number {
    return this.#starts
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
    this.#starts++
    this.#isUp = true
    this.#up.resolve()
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
    if (this.#isUp) this.#up = Promise.withResolvers()
    this.#isUp = false
    const killed = this.#process
    this.#process = undefined
    await killed?.kill('SIGKILL')
  }

  /** For the end of this process, when there is no time to wait. */
  killNow(): void {
    void this.#process?.kill('SIGKILL')
  }

  removeData(): void {
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  #launch(): LaunchedNode {
    const launched = launchNode({ dataDir: this.dataDir, port: this.#port, args: ['--log-level', 'warn'] })
    this.#process = launched
    void launched.exited.then(({ code, signal }) => {
      if (this.#process === launched) this.onEnd(`ended with ${signal ?? code}: ${launched.output.stderr}`)
    })
    return launched
  }
}
