/** A send that stops when it has looked its queue up, and goes on when it is told to. */
import { batched, type Tx } from '../../src/kernel/store/store.ts'
import { type SendCall, sendMessages } from '../../src/services/sqs/store.ts'

export const reached = Promise.withResolvers<void>()
export const goOn = Promise.withResolvers<void>()

export const pausedSend = batched('test.pausedSend', (tx, calls: readonly SendCall[]) =>
  sendMessages.run(pausing(tx), calls),
)

/** Messages are written after the queue was looked up. */
function pausing(tx: Tx): Tx {
  const insertMany: Tx['insertMany'] = async (...args) => {
    reached.resolve()
    await goOn.promise
    return tx.insertMany(...args)
  }
  return new Proxy(tx, {
    get(target, member) {
      if (member === 'insertMany') return insertMany
      const value: unknown = Reflect.get(target, member)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
