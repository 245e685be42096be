/** What the shop sells: the part of an application that knows nothing of queues. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Order {
  readonly id: number
  readonly card: 'good' | 'expired'
}

/** One customer in fifty pays with an expired card. */
export const newOrder = (id: number): Order => ({ id, card: id % 50 === 0 ? 'expired' : 'good' })

/** Takes the money. Rejects if there is none to be had. */
export async function handle(order: Order): Promise<void> {
  await pause(10)
  if (order.card === 'expired') throw new Error(`order ${order.id}: the card has expired`)
}
