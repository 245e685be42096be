/**
 * Targets by ARN: the one way in which a service reaches what it doesn't know.
 *
 * A local target (a queue, a topic, a bus, a stream, a workflow) takes part in the sender's transaction: see deliver.ts.
 * A remote one (HTTP, e-mail, a function) is reached after the commit, from the handler of a durable job. A sender's job
 * that may meet either kind calls `targets.deliver`, and the registry tells them apart.
 */
import { type Arn, formatArn } from '../arn.ts'
import type { Store } from '../store/store.ts'
import type { DeliveryCommand } from './deliver.ts'
import { type Delivery, Undeliverable } from './delivery.ts'

export interface LocalTarget {
  readonly command: DeliveryCommand
}

export interface RemoteTarget {
  /** At least once. Throws `Undeliverable` when no retry can help; the job engine retries after any other error. */
  send(arn: Arn, delivery: Delivery): Promise<void>
}

export type Target = LocalTarget | RemoteTarget

export interface Targets {
  /** Called at start-up for each target a service brings. Throws if the ARN service already has one. */
  register(arnService: string, target: Target): void
  /** Undefined if no service answers for such ARNs. Says nothing of whether the resource exists. */
  resolve(arn: Arn): Target | undefined
  /**
   * Delivers from outside a transaction: a local target commits one of its own.
   * Throws `Undeliverable` if there is no such target, or it refuses; anything else is worth a retry.
   */
  deliver(arn: Arn, delivery: Delivery): Promise<void>
}

export function createTargets(store: Store): Targets {
  const targets = new Map<string, Target>()
  const resolve = (arn: Arn) => targets.get(arn.service)
  return {
    resolve,

    register(arnService, target) {
      if (targets.has(arnService)) throw new Error(`two targets for ARNs of ${arnService}`)
      targets.set(arnService, target)
    },

    async deliver(arn, delivery) {
      const target = resolve(arn)
      if (target === undefined) throw new Undeliverable(`${formatArn(arn)} is not a target of this platform`)
      if ('send' in target) return target.send(arn, delivery)
      const { refused } = await store.execute(target.command, { arn, delivery })
      if (refused !== undefined) throw new Undeliverable(refused)
    },
  }
}
