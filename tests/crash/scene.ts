/**
 * What every workload is given: the node, a client, the ledger, decisions, and the sign that the run comes to its end.
 *
 * The client tries each call once. With the SDK's own retries a send that was cut off would be sent again, and the ledger
 * could not tell the node's duplicates from the client's; and a call that failed while the node was away would seem to
 * have lasted until it was back. Workloads that try again do so themselves, and know it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { SQS, SQSServiceException } from '@aws-sdk/client-sqs'
import type { Ledger, Span } from './ledger.ts'
import type { NodeUnderTest } from './node-under-test.ts'
import type { Random } from './random.ts'

/** What became of a call. `unknown`: the connection broke before an answer came, so it may have happened or not. */
export type Outcome<T> =
  | ({ readonly kind: 'answered'; readonly value: T } & Span)
  | { readonly kind: 'refused'; readonly code: string; readonly answeredAt: number }
  | { readonly kind: 'unknown'; readonly issuedAt: number }

/** A node that is up answers sooner; one that is killed closes the connection. */
const ANSWER_DEADLINE_MS = 20_000
const CONNECTIONS = 100

export class Scene {
  readonly node: NodeUnderTest
  readonly ledger: Ledger
  readonly random: Random
  /** Kills have ended, and workloads end when what they have begun is done. */
  ending = false
  readonly #sqs: SQS
  readonly #end = Promise.withResolvers<void>()
  #clockOffset = 0

  constructor(node: NodeUnderTest, ledger: Ledger, random: Random) {
    this.node = node
    this.ledger = ledger
    this.random = random
    this.#sqs = new SQS({
      endpoint: node.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: {
        requestTimeout: ANSWER_DEADLINE_MS,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: CONNECTIONS },
      },
    })
  }

  /** The node's clock: it runs on the same machine. */
  now(): number {
    return Date.now() + this.#clockOffset
  }

  /** Moves the node's clock forward, and answers what it then shows. */
  async shiftClock(advanceMs: number): Promise<number> {
    const body = JSON.stringify({ advanceMs })
    const answer = await fetch(`${this.node.url}/_millrace/clock`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`the clock was not shifted: ${answer.status}`)
    this.#clockOffset += advanceMs
    return ((await answer.json()) as { now: number }).now
  }

  end(): void {
    this.ending = true
    this.#end.resolve()
  }

  /** Makes one call as soon as the node is up. A refusal is a violation unless its code is among those `allowed`. */
  async call<T>(run: (sqs: SQS) => Promise<T>, allowed: readonly string[] = []): Promise<Outcome<T>> {
    await this.node.up()
    const issuedAt = this.now()
    try {
      const value = await run(this.#sqs)
      return { kind: 'answered', value, issuedAt, answeredAt: this.now() }
    } catch (error) {
      if (error instanceof SQSServiceException) {
        if (!allowed.includes(error.name)) this.ledger.violate('answers', `${error.name}: ${error.message}`)
        return { kind: 'refused', code: error.name, answeredAt: this.now() }
      }
      if (!isCutOff(error)) this.ledger.violate('answers', String(error))
      return { kind: 'unknown', issuedAt }
    }
  }

  /** As `call`, but tries again until there is an answer. For calls that do no harm when they are made twice. */
  async callUntilAnswered<T>(run: (sqs: SQS) => Promise<T>, allowed: readonly string[] = []): Promise<T | undefined> {
    for (;;) {
      const outcome = await this.call(run, allowed)
      if (outcome.kind === 'answered') return outcome.value
      if (outcome.kind === 'refused') return undefined
      await pause(10)
    }
  }

  /** Resolves when the node has been killed and started again, or when the kills have ended. */
  async nextStart(): Promise<void> {
    const { starts } = this.node
    while (this.node.starts === starts && !this.ending) await Promise.race([pause(20), this.#end.promise])
  }
}

const CUT_OFF = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE']

const isCutOff = (error: unknown): boolean => CUT_OFF.includes((error as NodeJS.ErrnoException).code ?? '')

/** Milliseconds of rest, so that the load leaves the machine room for the kills. */
export const rest = (random: Random, maxMs: number): Promise<void> => pause(random.int(1, maxMs))
