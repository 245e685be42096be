/**
 * The processes of a benchmark: servers under load and the generator. Every child is ended with this process, and the
 * data folders go with them.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Run } from './load/generator.ts'
import type { Measured } from './load/meter.ts'
import { diskFolder } from './machine.ts'

const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** A server to put load on. */
export interface Server {
  /** Scheme, host and port. */
  readonly endpoint: string
  /** Unknown for a server that runs elsewhere: its CPU time and memory are then not measured. */
  readonly pid?: number
  stop(): Promise<void>
}

export interface Node extends Server {
  readonly pid: number
  /** From the start of the process to the first healthy answer. */
  readonly startUpMillis: number
}

/** A fresh folder on a disk, removed at the end. */
export function newFolder(): string {
  const folder = mkdtempSync(join(diskFolder(), 'millrace-bench-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** What `node:http` alone can do, in a process of its own. */
export async function startBareServer(): Promise<Server & { readonly pid: number }> {
  const child = start([pathOf('load/bare-server.ts')], ['pipe', 'pipe', 'inherit'])
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [port] = (await once(lines, 'line')) as [string]
  return { endpoint: `http://127.0.0.1:${port}`, pid: child.pid as number, stop: () => stop(child) }
}

const HEALTH_POLL_MILLIS = 2
const START_DEADLINE_MILLIS = 60_000

/** Starts a node from its entry file, with flags that say where its data is, and waits until it is healthy. */
export async function startNode(entry: string, args: readonly string[]): Promise<Node> {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const folder = newFolder()
  const log = join(folder, 'bench-server.log')
  const output = openSync(log, 'w')
  const began = performance.now()
  const address = ['--host', '127.0.0.1', '--port', new URL(endpoint).port]
  const child = start([entry, ...address, ...args], ['ignore', output, output])
  closeSync(output)
  while (!(await isHealthy(endpoint))) {
    const late = performance.now() - began > START_DEADLINE_MILLIS
    if (hasEnded(child) || late) throw new Error(`the server did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`)
    await sleep(HEALTH_POLL_MILLIS)
  }
  const startUpMillis = performance.now() - began
  const stopNode = async () => {
    await stop(child)
    removeFolder(folder)
  }
  return { endpoint, pid: child.pid as number, startUpMillis, stop: stopNode }
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoint}/_millrace/health`, { signal: AbortSignal.timeout(5000) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false // not listening yet; the caller has the deadline
  }
}

/** Beyond a run's own time: opening connections, a slow last answer. */
const GENERATOR_GRACE_SECONDS = 30

/** Performs one run in a generator process. Rejects when a request of it failed. */
export async function generate(run: Run): Promise<Measured> {
  const timeout = (run.warmUpSeconds + run.seconds + GENERATOR_GRACE_SECONDS) * 1000
  const generating = promisify(execFile)(process.execPath, [pathOf('load/generator.ts'), JSON.stringify(run)], {
    timeout,
    killSignal: 'SIGKILL',
  })
  children.add(generating.child)
  try {
    return JSON.parse((await generating).stdout) as Measured
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(stderr?.trim() || `the generator failed: ${(error as Error).message}`, { cause: error })
  } finally {
    children.delete(generating.child)
  }
}

function start(args: readonly string[], stdio: ('pipe' | 'ignore' | 'inherit' | number)[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
const STOP_DEADLINE_MILLIS = 15_000

/** Asks the child to end, and makes it when it takes too long. */
async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([ended, sleep(STOP_DEADLINE_MILLIS, undefined, { ref: false })])
  child.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
