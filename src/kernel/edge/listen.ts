/**
 * The addresses that the port is opened on. `localhost` is both loopback addresses, since clients differ in which of them
 * they try first (Node.js since 18: ::1); any other host is listened on alone.
 *
 * Only a listening server of HTTP/1 enforces its time-outs, and a server listens on one address. So the second address
 * has a plain listener, which hands its connections to the server.
 */
import { type AddressInfo, createServer, type Server as Listener, type Socket } from 'node:net'

export interface Listening {
  readonly port: number
  /** Stops accepting; resolves when the last connection has ended. */
  close(): Promise<void>
}

/** Connections that the kernel keeps for us while we accept others; it may have a lower limit of its own. */
const BACKLOG = 4096
/** A free port of one address may be taken on the other. */
const MAX_ATTEMPTS = 20
/** The machine has no such address: IPv6 is switched off, or the kernel was built without it. */
const ABSENT: readonly (string | undefined)[] = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

export const addressesOf = (host: string): readonly [string, string?] =>
  host === 'localhost' ? ['127.0.0.1', '::1'] : [host]

/**
 * The port that listeners who share it are to open: any free one if it is 0. Rejects with the system's error if somebody
 * else has it, which one who is willing to share would not notice.
 */
export async function claimPort(host: string, port: number): Promise<number> {
  const claimed = await listen(createServer(), addressesOf(host), port)
  await claimed.close()
  return claimed.port
}

/**
 * Opens one port on the addresses; 0 takes one that is free on all of them. The machine need not have the second one.
 * A shared port can be opened again by those who share it. Rejects with the system's error: EADDRINUSE, EACCES, …
 */
export async function listen(
  server: Listener,
  [first, second]: readonly [string, string?],
  port: number,
  isShared = false,
): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    await open(server, first, port, isShared)
    const taken = (server.address() as AddressInfo).port
    try {
      const other = second === undefined ? undefined : await openToo(server, second, taken, isShared)
      return { port: taken, close: async () => void (await Promise.all([close(server), other && close(other)])) }
    } catch (error) {
      await close(server)
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || port !== 0 || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/** Resolves to undefined if the machine has no such address. */
async function openToo(
  server: Listener,
  address: string,
  port: number,
  isShared: boolean,
): Promise<Listener | undefined> {
  const other = createServer({ allowHalfOpen: true, noDelay: true }) // as a server of HTTP has it
  handOver(other, server)
  try {
    await open(other, address, port, isShared)
    return other
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}

/** Gives the server what the other accepts. Its limit of connections holds for both together. */
function handOver(other: Listener, server: Listener): void {
  const handed = new WeakSet<Socket>()
  other.maxConnections = server.maxConnections
  const takePlace = (listener: Listener, socket: Socket) => {
    listener.maxConnections -= 1
    socket.once('close', () => {
      listener.maxConnections += 1
    })
  }
  server.on('connection', (socket: Socket) => {
    if (!handed.has(socket)) takePlace(other, socket)
  })
  other.on('connection', (socket) => {
    handed.add(socket)
    takePlace(server, socket)
    server.emit('connection', socket)
  })
}

function open(server: Listener, host: string, port: number, isShared: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG, reusePort: isShared }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const close = (server: Listener): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
