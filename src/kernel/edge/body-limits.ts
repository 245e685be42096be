/**
 * How large a body may be: what the service takes at most, as its protocol writes it at worst. No client of a service
 * has more to say, so what is larger is refused on its head alone, or while it arrives. `--max-request-bytes` bounds all.
 *
 * How much longer than its input a body gets is the protocol's matter:
 * - JSON, 8 times: some clients write a character as `\u002B` (.NET: quotation marks, `+`, `<`, all beyond ASCII; Python:
 *   all beyond ASCII), which is 6 bytes for 1. A blob in base64 is 4 bytes for 3, each of which may be a `+`.
 * - Query, 4 times: `%41` is 3 bytes for 1, and `/`, which bytes of 0xff are full of in base64, is escaped as well.
 */
import type { ProtocolName } from '../protocol/schema.ts'
import type { ServedService, ServiceRegistry } from './registry.ts'
import { announcesForm, type RequestHead } from './routing.ts'

/** The longest texts of services that say nothing else are tokens and policies. */
const DEFAULT_INPUT_BYTES = 256 * 1024

const GROWTH: Readonly<Record<ProtocolName, number>> = { 'json1.0': 8, 'json1.1': 8, query: 4 }

/** The most bytes of a body for a service, `maxBytes` at most. */
export function bodyLimitOf(service: ServedService | undefined, protocol: ProtocolName, maxBytes: number): number {
  return Math.min(maxBytes, GROWTH[protocol] * inputLimitOf(service))
}

/** The most bytes of input that a service takes. */
export const inputLimitOf = (service: Pick<ServedService, 'running'> | undefined): number =>
  service?.running.maxInputBytes ?? DEFAULT_INPUT_BYTES

/**
 * The same before there is a body. The target names the service, or else the credential; a form that nothing is known of
 * may be for any service that speaks Query.
 */
export function bodyLimitByHead(registry: ServiceRegistry, head: RequestHead, maxBytes: number): number {
  if (!announcesForm(head)) {
    const target = head.header('x-amz-target') ?? ''
    return bodyLimitOf(registry.byTarget(target.slice(0, target.lastIndexOf('.'))), 'json1.0', maxBytes)
  }
  const named = registry.ofQuery.filter(({ model }) => model.meta.signingName === head.signingName)
  const meant = named.length > 0 ? named : registry.ofQuery
  return Math.max(...meant.map((service) => bodyLimitOf(service, 'query', maxBytes)), 0)
}
