/**
 * Questions and answers between two threads, both ways over one port. Plain data: it is structured-cloned. What a
 * handler throws reaches who asked as an error with the same message.
 */
import type { MessagePort } from 'node:worker_threads'

interface Question {
  readonly ask: number
  readonly what: string
  readonly about: unknown
}

type Answer = { readonly answer: number; readonly value: unknown } | { readonly answer: number; readonly fault: string }

// biome-ignore lint/suspicious/noExplicitAny: what a handler takes is between it and who asks
export type LinkHandlers = Readonly<Record<string, (about: any) => unknown>>

export class Link {
  readonly #port: MessagePort
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  #last = 0

  /** Answers the other end's questions with `handlers`, by name. */
  constructor(port: MessagePort, handlers: LinkHandlers) {
    this.#port = port
    port.on('message', (message: Question | Answer) => {
      if ('ask' in message) void this.#answer(message, handlers)
      else this.#hear(message)
    })
    port.on('close', () => {
      for (const { reject } of this.#asked.values()) reject(new Error('the other thread has ended'))
    })
  }

  /** Resolves to the answer; rejects with what the handler threw, or when the other thread ends before it answered. */
  ask<T>(what: string, about?: unknown): Promise<T> {
    const asked = Promise.withResolvers<unknown>()
    this.#asked.set(++this.#last, asked)
    this.#port.postMessage({ ask: this.#last, what, about } satisfies Question)
    return asked.promise as Promise<T>
  }

  close(): void {
    this.#port.close()
  }

  async #answer({ ask, what, about }: Question, handlers: LinkHandlers): Promise<void> {
    try {
      this.#say({ answer: ask, value: await handlers[what]?.(about) })
    } catch (error) {
      this.#say({ answer: ask, fault: String(error instanceof Error ? error.message : error) })
    }
  }

  #say(message: Answer): void {
    this.#port.postMessage(message)
  }

  #hear(message: Answer): void {
    const asked = this.#asked.get(message.answer)
    this.#asked.delete(message.answer)
    if ('fault' in message) asked?.reject(new Error(message.fault))
    else asked?.resolve(message.value)
  }
}
