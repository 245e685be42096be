/**
 * What every workload is given: the nodes, clients, the ledger, decisions, and the sign that the run comes to its end.
 *
 * A client either tries each call once, or repeats it as the SDK does by default. With repeats a send may be stored more
 * than once, so every attempt that may have reached a node is counted; and every single one has to be answered well,
 * also where the client would not mind.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import { shiftClock } from '../../src/testing/shift-clock.ts'
import type { Ledger, Span } from './ledger.ts'
import type { Random } from './random.ts'

/** What is put to the test: one node or several, which come and go. */
export interface Site {
  /** Resolves to the URL of a node that takes calls, as soon as there is one. */
  pick(): Promise<string>
  /** How many faults there have been, each with a recovery. */
  readonly faults: number
  /** Whether clients may find their connections cut: else every call has to be answered. */
  readonly cutsClientsOff: boolean
  /** One last fault; resolves after the recovery. */
  upset(): Promise<void>
  /** Whose clocks are compared with this process's. */
  readonly urls: readonly string[]
}

/**
 * What became of a call. `unknown`: there was no answer, or one that asks to come back later, so it may have happened or
 * not, once or in each attempt.
 */
export type Outcome<T> =
  | ({ readonly kind: 'answered'; readonly value: T } & Span)
  | { readonly kind: 'refused'; readonly code: string; readonly answeredAt: number; readonly attempts: number }
  | { readonly kind: 'unknown'; readonly attempts: number }

export interface SceneOptions {
  readonly site: Site
  readonly ledger: Ledger
  readonly random: Random
  /** Undefined: as many as the SDK makes by default. */
  readonly maxAttempts?: number
}

/** A node that is up answers sooner; one that is killed closes the connection. */
const ANSWER_DEADLINE_MS = 20_000
const CONNECTIONS = 100

export class Scene {
  readonly site: Site
  readonly ledger: Ledger
  readonly random: Random
  /** Faults have ended, and workloads end when what they have begun is done. */
  ending = false
  /** What the calls met: the code of an error, or of the connection's end. */
  readonly errors = new Map<string, number>()
  readonly #maxAttempts: number | undefined
  readonly #clients = new Map<string, { sqs: SQS; sns: SNS }>()
  readonly #attempts = new AsyncLocalStorage<{ count: number }>()
  readonly #end = Promise.withResolvers<void>()
  /** By how much the nodes' clock was shifted; while a shift is under way, between these two. */
  #shiftedAtLeastMs = 0
  #shiftedAtMostMs = 0

  constructor({ site, ledger, random, maxAttempts }: SceneOptions) {
    this.site = site
    this.ledger = ledger
    this.random = random
    this.#maxAttempts = maxAttempts
  }

  /** The nodes' clock: they run on the same machine. While it is shifted, what it showed before. */
  now(): number {
    return Date.now() + this.#shiftedAtLeastMs
  }

  /** Moves the nodes' clock forward through one of them, and answers what it then shows. */
  async shiftClock(advanceMs: number, url?: string): Promise<number> {
    this.#shiftedAtMostMs += advanceMs
    const now = await shiftClock(url ?? (await this.site.pick()), advanceMs)
    this.#shiftedAtLeastMs += advanceMs
    return now
  }

  end(): void {
    this.ending = true
    this.#end.resolve()
  }

  /**
   * Makes one call as soon as a node is up. A refusal is a violation unless its code is among those `allowed`; an answer
   * that asks to come back later is none.
   */
  async call<T>(run: (sqs: SQS) => Promise<T>, allowed: readonly string[] = []): Promise<Outcome<T>> {
    const { sqs } = this.#clientsFor(await this.site.pick())
    return this.#call(() => run(sqs), allowed)
  }

  /** The same for topics. */
  async publish<T>(run: (sns: SNS) => Promise<T>): Promise<Outcome<T>> {
    const { sns } = this.#clientsFor(await this.site.pick())
    return this.#call(() => run(sns), [])
  }

  async #call<T>(run: () => Promise<T>, allowed: readonly string[]): Promise<Outcome<T>> {
    const tally = { count: 0 }
    const issuedAt = this.now()
    try {
      const value = await this.#attempts.run(tally, run)
      return { kind: 'answered', value, issuedAt, answeredAt: this.#latestNow(), attempts: tally.count }
    } catch (error) {
      const attempts = tally.count
      if (!isRefusal(error)) return { kind: 'unknown', attempts }
      if (!allowed.includes(error.name)) this.ledger.violate('answers', `${error.name}: ${error.message}`)
      return { kind: 'refused', code: error.name, answeredAt: this.#latestNow(), attempts }
    }
  }

  /** As `call`, but tries again until there is an answer. For calls that do no harm when they are made twice. */
  callUntilAnswered<T>(run: (sqs: SQS) => Promise<T>, allowed: readonly string[] = []): Promise<T | undefined> {
    return this.#untilAnswered(() => this.call(run, allowed))
  }

  /** The same for topics. */
  publishUntilAnswered<T>(run: (sns: SNS) => Promise<T>): Promise<T | undefined> {
    return this.#untilAnswered(() => this.publish(run))
  }

  async #untilAnswered<T>(call: () => Promise<Outcome<T>>): Promise<T | undefined> {
    for (;;) {
      const outcome = await call()
      if (outcome.kind === 'answered') return outcome.value
      if (outcome.kind === 'refused') return undefined
      await pause(10)
    }
  }

  /** Resolves when there has been a fault and a recovery, or when the faults have ended. */
  async nextFault(): Promise<void> {
    const { faults } = this.site
    while (this.site.faults === faults && !this.ending) await Promise.race([pause(20), this.#end.promise])
  }

  #latestNow(): number {
    return Date.now() + this.#shiftedAtMostMs
  }

  #clientsFor(url: string): { sqs: SQS; sns: SNS } {
    const known = this.#clients.get(url)
    if (known !== undefined) return known
    const options = {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      ...(this.#maxAttempts === undefined ? {} : { maxAttempts: this.#maxAttempts }),
      requestHandler: {
        requestTimeout: ANSWER_DEADLINE_MS,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: CONNECTIONS },
      },
    }
    // Queue URLs name the node that created the queue: the calls are to go to others too.
    const clients = { sqs: new SQS({ ...options, useQueueUrlAsEndpoint: false }), sns: new SNS(options) }
    // Inside the client's own loop of repeats, so it sees each attempt.
    const place = { step: 'finalizeRequest', priority: 'low', name: 'judge-each-attempt' } as const
    clients.sqs.middlewareStack.add((next) => async (args) => this.#attempt(() => next(args)), place)
    clients.sns.middlewareStack.add((next) => async (args) => this.#attempt(() => next(args)), place)
    this.#clients.set(url, clients)
    return clients
  }

  async #attempt<T>(make: () => Promise<T>): Promise<T> {
    const tally = this.#attempts.getStore()
    if (tally !== undefined) tally.count++
    try {
      return await make()
    } catch (error) {
      const code = codeOf(error)
      this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
      if (tally !== undefined && code === NOBODY_LISTENS) tally.count--
      if (!this.#isDeserved(error)) this.ledger.violate('answers', String(error))
      throw error
    }
  }

  /** Refusals of what the call asked for are judged once, where the call was made. */
  #isDeserved(error: unknown): boolean {
    if (isAnswer(error)) return isRefusal(error) || isBusy(error)
    return this.site.cutsClientsOff && CUT_OFF.includes(codeOf(error))
  }
}

const NOBODY_LISTENS = 'ECONNREFUSED'
const CUT_OFF = [NOBODY_LISTENS, 'ECONNRESET', 'EPIPE']

const codeOf = (error: unknown): string => {
  const { code, name } = error as NodeJS.ErrnoException
  return isAnswer(error) ? name : (code ?? name)
}

/** An error that a node answered with. */
type Answered = Error & { readonly $fault: string; readonly $metadata: { readonly httpStatusCode?: number } }

const isAnswer = (error: unknown): error is Answered => error instanceof Error && '$fault' in error

/** It was the node that answered, and it found fault with the call. */
const isRefusal = (error: unknown): error is Answered => isAnswer(error) && statusOf(error) < 500

/** The one error that asks to come back later. */
const isBusy = (error: Answered): boolean => statusOf(error) === 503 && error.name === 'ServiceUnavailable'

const statusOf = ({ $metadata }: Answered): number => $metadata.httpStatusCode ?? 0

/** Milliseconds of rest, so that the load leaves the machine room for the faults. */
export const rest = (random: Random, maxMs: number): Promise<void> => pause(random.int(1, maxMs))
