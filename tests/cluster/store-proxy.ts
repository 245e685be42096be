/** The way from a node to PostgreSQL, which can be cut: by ends that both sides hear of, or by silence. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export class StoreProxy {
  readonly #server = createServer({ pauseOnConnect: true }, (near) => this.#accept(near))
  readonly #targetPort: number
  readonly #pairs = new Set<readonly [near: Socket, far: Socket]>()
  #state: 'open' | 'cut' | 'silent' = 'open'

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  static async start(targetPort: number): Promise<StoreProxy> {
    const proxy = new StoreProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Ends all connections, and new ones as soon as they are made. */
  cut(): void {
    this.#state = 'cut'
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** Nothing passes any more, in either direction, and nobody is told. */
  silence(): void {
    this.#state = 'silent'
    for (const pair of this.#pairs) for (const socket of pair) socket.pause()
  }

  /** What was held back goes its way. */
  restore(): void {
    this.#state = 'open'
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #accept(near: Socket): void {
    if (this.#state === 'cut') {
      near.destroy()
      return
    }
    const far = connect(this.#targetPort, '127.0.0.1')
    const pair = [near, far] as const
    this.#pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay()
      // An error is the end of a connection, of which the other side hears by `close`.
      from.on('error', () => undefined)
      from.on('close', () => {
        to.destroy()
        this.#pairs.delete(pair)
      })
      from.on('data', (bytes) => to.write(bytes))
    }
    for (const socket of pair) this.#state === 'silent' ? socket.pause() : socket.resume()
  }
}
