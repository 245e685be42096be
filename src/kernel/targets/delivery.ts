/** What one service hands to another, whatever the target is made of. Plain data: it crosses threads and nodes. */
import type { Arn } from '../arn.ts'

/** A message attribute as SQS and SNS define it. Exactly one of the two values is there, as the data type says. */
export interface DeliveryAttribute {
  /** `String`, `Number` or `Binary`, with an optional label: `Number.int`. */
  readonly dataType: string
  readonly stringValue?: string
  readonly binaryValue?: Uint8Array
}

export interface Delivery {
  readonly body: string
  /** If the body has a gap that is filled when it is read: who fills it, and how (see seals.ts). */
  readonly seal?: string
  readonly attributes?: Readonly<Record<string, DeliveryAttribute>>
  /** For targets that keep order: the message group, or the partition key of a stream. */
  readonly groupId?: string
  readonly deduplicationId?: string
  /** The X-Ray header of the request that caused this (`Root=1-…;Parent=…;Sampled=1`). */
  readonly traceHeader?: string
  /** The topic, rule or schedule that delivers: what a resource policy's `aws:SourceArn` is compared with. */
  readonly sourceArn: string
  /** The unique id of who sends: the principal's, or a service's (`AIDAIT2UOQQY3AUEKVGXU`). */
  readonly senderId: string
}

/** A delivery on its way to one target. */
export interface AddressedDelivery {
  readonly arn: Arn
  readonly delivery: Delivery
}

/** The target can't be reached, now or later: it doesn't exist, or refuses. No retry helps. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
}
