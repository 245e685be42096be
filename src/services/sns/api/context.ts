/** What the operation handlers share. */
import type { Caller, Kernel } from '../../../kernel/kernel.ts'
import type { SnsMetrics } from '../metrics.ts'
import type { TopicAddress } from '../model/names.ts'
import type { Signing } from '../signing.ts'
import { type FilterPolicyLimits, getTopic } from '../store.ts'

export type SNS = typeof import('@aws-sdk/client-sns')

export interface SnsContext extends Kernel {
  readonly signing: Signing
  readonly counts: SnsMetrics
}

/** Where links that are handed out lead: where clients reach the platform. */
export const originFor = ({ config }: SnsContext, { origin }: Pick<Caller, 'origin'>): string =>
  config.publicUrl ?? origin

/** Where an ARN has to be for the caller: links that are followed say so by themselves, and are not signed. */
export const regionOf = ({ signed, region }: Caller): string | undefined => (signed ? region : undefined)

/** The result of `check`. What it finds wrong is told of a topic that is there; else NotFound goes before. */
export async function checkedFor<T>({ store }: SnsContext, topic: TopicAddress, check: () => T): Promise<T> {
  try {
    return check()
  } catch (error) {
    await store.execute(getTopic, topic)
    throw error
  }
}

export const limitsOf = ({ config: { sns } }: SnsContext): FilterPolicyLimits => ({
  perTopic: sns.filterPoliciesPerTopic,
  perAccount: sns.filterPoliciesPerAccount,
})

/** The page that a listing shows, with what its next token holds. One more than the page was asked for. */
export function pageOf<T>(found: readonly T[], limit: number): { shown: readonly T[]; last: T | undefined } {
  const shown = found.slice(0, limit)
  return { shown, last: found.length > limit ? shown.at(-1) : undefined }
}
