/**
 * Nodes for tests: one in this process, on a free port with nothing on disk, or the real program as a child process,
 * for what only a process can show: `kill -9`, exit codes, what a restart finds.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Config, configWith } from '../kernel/config/config.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { databaseFor, dropDatabase, freshDatabase } from './postgres.ts'

export interface TestNode extends Platform, AsyncDisposable {
  /** The same as `close`. */
  stop(): Promise<void>
}

/**
 * A node in this process: in memory unless `dataDir` is given, on a free port, with a silent log. Where the tests run on
 * PostgreSQL, a database takes the place of the memory or the directory.
 */
export async function startNode(options: Partial<Config> = {}): Promise<TestNode> {
  const { dataDir } = options
  const own = dataDir === undefined && options.store === undefined ? await freshDatabase() : undefined
  const store = options.store ?? own ?? (dataDir === undefined ? undefined : await databaseFor(dataDir))
  const ephemeral = dataDir === undefined && store === undefined
  const defaults = { port: 0, logLevel: 'silent', edgeThreads: 1, ephemeral } as const
  const platform = await startPlatform(configWith({ ...defaults, ...options, store }))
  const stop = async () => {
    await platform.close()
    if (own !== undefined) await dropDatabase(own)
  }
  return { ...platform, stop, [Symbol.asyncDispose]: stop }
}

export interface SpawnOptions {
  /** Undefined: in memory. */
  readonly dataDir?: string
  /** The address of a database, instead of either. */
  readonly store?: string
  /** On the embedded store, also where the other tests run on a database: for what is about its files. */
  readonly embedded?: boolean
  /** A free one unless given. */
  readonly port?: number
  /** Further flags. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A node's process from its first moment on, before it is ready. */
export interface LaunchedNode {
  readonly pid: number
  /** Resolves to the node's URL; rejects with what it said if it ends before it is ready. */
  readonly ready: Promise<string>
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>
  /** Everything it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Sends the signal and resolves when the process has ended; SIGKILL unless told otherwise. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
}

export interface SpawnedNode extends Omit<LaunchedNode, 'ready'>, AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Runs the program until it ends, for those calls that end by themselves. */
export async function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const { output, exited } = launch(args, env)
  return { ...(await exited), ...output }
}

/** Starts the program; resolves when it is ready, rejects with what it said if it ends before. */
export async function spawnNode(options: SpawnOptions = {}): Promise<SpawnedNode> {
  const store = options.embedded ? undefined : (options.store ?? (await databaseInPlaceOf(options.dataDir)))
  const { ready, ...node } = launchNode({ ...options, store })
  const url = await ready
  const stop = async () => void (await node.kill())
  return { ...node, url, port: Number(new URL(url).port), [Symbol.asyncDispose]: stop }
}

const databaseInPlaceOf = (dataDir: string | undefined): Promise<string | undefined> =>
  dataDir === undefined ? freshDatabase() : databaseFor(dataDir)

/** Starts the program and doesn't wait for it. */
export function launchNode(options: SpawnOptions = {}): LaunchedNode {
  const { port = 0, args = [], env = {} } = options
  const { child, output, exited } = launch(['start', '--port', String(port), ...whereData(options), ...args], env)
  const kill = (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal)
    return exited
  }
  return { pid: child.pid as number, ready: readyUrl(child, output, exited), exited, output, kill }
}

function whereData({ store, dataDir }: SpawnOptions): string[] {
  if (store !== undefined) return ['--store', store]
  return dataDir === undefined ? ['--ephemeral'] : ['--data-dir', dataDir]
}

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url))

function launch(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
  return { child, output, exited }
}

async function readyUrl(child: ChildProcess, output: { stdout: string; stderr: string }, exited: Promise<Exit>) {
  for (;;) {
    const url = /is ready at (\S+)/.exec(output.stdout)?.[1]
    if (url !== undefined) return url
    const ended = await Promise.race([exited, once(child.stdout as NodeJS.EventEmitter, 'data').then(() => undefined)])
    if (ended !== undefined) throw new Error(`the node ended with ${ended.code ?? ended.signal}: ${output.stderr}`)
  }
}
