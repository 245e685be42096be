/**
 * A PostgreSQL of one's own: started from the binaries of this machine, on a free port, in a folder that goes when it is
 * stopped. It may be restarted, and crashed, under those who use it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** How it ends: `fast` breaks off what is under way and writes everything down, `immediate` leaves that to the next start. */
export type StopMode = 'fast' | 'immediate'

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** PostgreSQL doesn't run as root; `nobody` is there on every Linux. */
const NOBODY = 65_534

export class PostgresServer implements AsyncDisposable {
  readonly port: number
  readonly #programs: string
  readonly #folder: string
  readonly #user: { uid?: number; gid?: number }
  readonly #settings: readonly string[]
  #process: ChildProcess | undefined

  private constructor(programs: string, port: number, settings: readonly string[]) {
    this.#programs = programs
    this.#settings = settings
    this.port = port
    this.#user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
    const { uid, gid } = this.#user
    if (uid !== undefined && gid !== undefined) chownSync(this.#folder, uid, gid)
  }

  /** Resolves when it takes connections. `settings` are like `max_connections=300`. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(findPrograms(), await freePort(), settings)
    try {
      const options = ['-D', server.#dataDir, '-U', 'millrace', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
      execFileSync(join(server.#programs, 'initdb'), options, {
        ...server.#user,
        cwd: server.#folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      await server.start()
    } catch (error) {
      await server.remove()
      throw error
    }
    return server
  }

  url(database: string, port = this.port): string {
    return `postgres://millrace@127.0.0.1:${port}/${database}`
  }

  async start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${this.#folder}`, ...this.#settings]
    const child = spawn(
      join(this.#programs, 'postgres'),
      ['-D', this.#dataDir, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...this.#user, cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#process = child
    await ready(child)
  }

  /** Resolves when the process has ended. */
  async stop(mode: StopMode): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill(SIGNALS[mode])
    await ended
  }

  /** For the end of this process, when there is no time to wait. */
  removeNow(): void {
    this.#process?.kill('SIGKILL') // its processes notice that it is gone, and end
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop('immediate')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }

  get #dataDir(): string {
    return join(this.#folder, 'data')
  }
}

/** The folder of `initdb` and `postgres`: on the path, or where Debian has them, the newest. Throws when there is none. */
function findPrograms(): string {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true })),
  ]
  const found = folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))))
  if (found === undefined) throw new Error('PostgreSQL is not on this machine: initdb and postgres are needed')
  return found
}

/** Resolves when it takes connections; rejects with what it said if it ends before. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      if (said.includes('database system is ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
