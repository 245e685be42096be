/**
 * What the machine is, and what its processes use, read from /proc. On systems without /proc the usage is undefined.
 */
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import os from 'node:os'
import process from 'node:process'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMiB: number
  readonly os: string
  readonly node: string
}

export const machine = (): Machine => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  memoryMiB: Math.round(os.totalmem() / 2 ** 20),
  os: `${os.type()} ${os.release()} ${os.arch()}`,
  node: process.version,
})

/** Linux counts CPU time in ticks of 1/100 s, whatever the kernel was built with (USER_HZ). */
const TICK_MICROS = 10_000

/** CPU time in microseconds since a process began. */
export interface ProcessCpu {
  readonly allMicros: number
  readonly byThread: ReadonlyMap<string, number>
}

/** CPU time of a process, with the threads that ended; undefined without /proc or without the process. */
export function processCpu(pid: number): ProcessCpu | undefined {
  const all = readIfThere(`/proc/${pid}/stat`)
  if (all === undefined) return undefined
  const threads = readdirSync(`/proc/${pid}/task`).flatMap((thread): [string, number][] => {
    const stat = readIfThere(`/proc/${pid}/task/${thread}/stat`)
    return stat === undefined ? [] : [[thread, cpuMicros(stat)]]
  })
  return { allMicros: cpuMicros(all), byThread: new Map(threads) }
}

/**
 * CPU time of a process, of its living children, and of those that ended, in microseconds: a server with a process for
 * each connection, whichever come and go. Undefined without /proc or without the process.
 */
export function familyCpuMicros(pid: number): number | undefined {
  const parent = readIfThere(`/proc/${pid}/stat`)
  if (parent === undefined) return undefined
  const [, , endedUser, endedSystem] = ticks(parent)
  const living = childrenOf(pid).reduce((sum, child) => sum + cpuMicros(child), cpuMicros(parent))
  return living + (endedUser + endedSystem) * TICK_MICROS
}

export function parentOf(pid: number): number | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === undefined ? undefined : parentIn(stat)
}

/** The command line of a process, which it may have written over; undefined without /proc or without the process. */
export const commandLine = (pid: number): string | undefined => readIfThere(`/proc/${pid}/cmdline`)

/** What /proc says about each child. */
function childrenOf(pid: number): string[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const stats = numbers.map((number) => readIfThere(`/proc/${number}/stat`))
  return stats.filter((stat) => stat !== undefined).filter((stat) => parentIn(stat) === pid)
}

/** Fields are counted behind the command's name, which may itself hold spaces and brackets: proc_pid_stat(5). */
const fieldsOf = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')
const parentIn = (stat: string) => Number(fieldsOf(stat)[1])
/** In user mode and in the kernel, and the same of children that ended. */
const ticks = (stat: string) => fieldsOf(stat).slice(11, 15).map(Number) as [number, number, number, number]

function cpuMicros(stat: string): number {
  const [user, system] = ticks(stat)
  return (user + system) * TICK_MICROS
}

/** CPU time used by everything on the machine since its start, in microseconds. */
export function machineCpuMicros(): number {
  const busyMillis = os.cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq)
  return busyMillis.reduce((sum, millis) => sum + millis, 0) * 1000
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

const TMPFS_MAGIC = 0x01021994
/** A folder for data that is on a disk: a file system in memory would make every fsync free. */
export function diskFolder(): string {
  const onDisk = [os.tmpdir(), '/var/tmp', process.cwd()].find(
    (folder) => existsSync(folder) && statfsSync(folder).type !== TMPFS_MAGIC,
  )
  if (onDisk === undefined) throw new Error('no folder on a disk for the data: set TMPDIR')
  return onDisk
}

/** A process may end between a listing and a look. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
