/** The embedded store in a thread that has not opened it: everything but resetting it, which is for the one that has. */
import type { MessagePort } from 'node:worker_threads'
import type { Command, Store } from '../store.ts'
import type { WakeListener } from '../wakes.ts'
import { type ClientOptions, StorageClient } from './client.ts'
import type { RepliesMessage } from './protocol.ts'

export class AttachedStore implements Store {
  readonly #port: MessagePort
  readonly #client: StorageClient

  constructor(port: MessagePort, options: ClientOptions) {
    this.#port = port
    this.#client = new StorageClient(port, options)
    port.on('message', (message: RepliesMessage) => this.#client.hear(message))
    port.on('close', () => this.#client.abandon(new Error('the store is closed')))
  }

  execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    return this.#client.execute(command, args)
  }

  onWake(channel: string, listener: WakeListener): () => void {
    return this.#client.onWake(channel, listener)
  }

  onMissedWakes(): () => void {
    return () => {} // one node misses nothing
  }

  reset(): Promise<void> {
    return Promise.reject(new Error('the store is reset by the thread that has opened it'))
  }

  /** For this thread alone. What was called for is done all the same, and nobody is told. */
  async close(): Promise<void> {
    this.#port.close()
  }
}
