/** A command that delivers to many queues, and says what became of each and how often it waited for an answer. */
import { single, type Tx } from '../../../../kernel/store/store.ts'
import { deliverAll } from '../../../../kernel/targets/deliver.ts'
import type { AddressedDelivery } from '../../../../kernel/targets/delivery.ts'

export interface FanOut {
  /** Of each delivery: what it was refused for, or null. */
  readonly refusals: (string | null)[]
  /** Statements whose answer the transaction needs. */
  readonly answers: number
}

export const fanOut = single(
  'test.fanOut',
  async (tx, { deliveries }: { deliveries: readonly AddressedDelivery[] }): Promise<FanOut> => {
    const counted = { answers: 0 }
    const outcomes = await deliverAll(counting(tx, counted), deliveries)
    const refusals = outcomes.map((outcome) => (outcome.ok ? null : (outcome.error as Error).message))
    return { refusals, ...counted }
  },
)

const ANSWERING: ReadonlySet<unknown> = new Set(['all', 'get', 'run', 'insertAbsent', 'nextIds'])

function counting(tx: Tx, counted: { answers: number }): Tx {
  return new Proxy(tx, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member)
      if (ANSWERING.has(member)) counted.answers++
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
