/**
 * Deliveries inside a transaction: how a service's command reaches a queue, a topic or a stream of another service
 * without knowing that service.
 *
 * A local target is a command like any other, named `<ARN service>.deliver`. It is registered with the rest of its
 * service's commands wherever those run, and found here through the transaction: no second registry, and a fan-out
 * reaches it as one batch.
 */
import { type Arn, formatArn } from '../arn.ts'
import { batched, type Command, done, failed, type Settled, type Tx } from '../store/store.ts'
import { type AddressedDelivery, type Delivery, Undeliverable } from './delivery.ts'

/** What became of a delivery. A refusal is a value, not an error, because it has to survive the way out of a thread. */
export type DeliveryResult = { readonly refused?: string }

/** A target of this platform. Delivers inside the transaction it is given; what it refuses has written nothing. */
export type DeliveryCommand = Command<AddressedDelivery, DeliveryResult>

const commandName = (arnService: string): string => `${arnService}.deliver`

/** Defines the local target of an ARN service; to be exported from the module of the service's commands. */
export const deliveryCommand = (arnService: string, run: DeliveryCommand['run']): DeliveryCommand =>
  batched(commandName(arnService), run)

/** Whether deliveries to this ARN can join the transaction. Those to other targets are scheduled as jobs. */
export const isLocal = (tx: Tx, arn: Arn): boolean => tx.commands.has(commandName(arn.service))

/**
 * Delivers to a local target inside the caller's transaction.
 * Throws `Undeliverable` if it doesn't exist or refuses; nothing was written then, and the transaction can go on.
 */
export async function deliver(tx: Tx, arn: Arn, delivery: Delivery): Promise<void> {
  const [outcome] = await deliverAll(tx, [{ arn, delivery }])
  if (outcome?.ok === false) throw outcome.error
}

/**
 * Delivers to many local targets inside the caller's transaction, each service seeing its share as one batch.
 * One outcome per delivery, in order; one that failed with `Undeliverable` has written nothing.
 */
export async function deliverAll(tx: Tx, deliveries: readonly AddressedDelivery[]): Promise<Settled<void>[]> {
  const outcomes = new Array<Settled<void>>(deliveries.length)
  const positions = Map.groupBy(deliveries.keys(), (at) => (deliveries[at] as AddressedDelivery).arn.service)
  for (const [arnService, share] of positions) {
    const settled = await deliverShare(
      tx,
      arnService,
      share.map((at) => deliveries[at] as AddressedDelivery),
    )
    for (const [i, at] of share.entries()) outcomes[at] = settled[i] as Settled<void>
  }
  return outcomes
}

async function deliverShare(tx: Tx, arnService: string, share: readonly AddressedDelivery[]): Promise<Settled<void>[]> {
  const command = tx.commands.get(commandName(arnService)) as DeliveryCommand | undefined
  if (command === undefined) {
    return share.map(({ arn }) => failed(new Undeliverable(`${formatArn(arn)} is not a target of this platform`)))
  }
  const settled = await command.run(tx, share)
  return settled.map((outcome) => {
    if (!outcome.ok) return outcome
    const { refused } = outcome.value
    return refused === undefined ? done(undefined) : failed(new Undeliverable(refused))
  })
}
