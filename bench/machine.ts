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

/** Fields are counted behind the command's name, which may itself hold spaces and brackets: proc_pid_stat(5). */
function cpuMicros(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return (userTicks + systemTicks) * TICK_MICROS
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
