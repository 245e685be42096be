/**
 * The services that this node serves, as routing sees them: by target prefix, and by what they say of themselves. No
 * service is known by name. A model's operations are looked at on the service's first request.
 */
import type { RunningService } from '../kernel.ts'
import type { Model } from '../protocol/schema.ts'

export interface ServedService {
  readonly model: Model
  readonly running: RunningService
}

const MAX_REMEMBERED = 100

export class ServiceRegistry {
  readonly #byTarget: ReadonlyMap<string, ServedService>
  readonly #query: readonly ServedService[]
  /** By version and signing name. */
  readonly #likeliest = new Map<string, readonly ServedService[]>()

  /** Throws if two services share a target prefix. */
  constructor(services: readonly ServedService[]) {
    const byTarget = new Map<string, ServedService>()
    for (const service of services) {
      const { id, target } = service.model.meta
      if (byTarget.has(target)) throw new Error(`${id}: another service has the target prefix ${target}`)
      byTarget.set(target, service)
    }
    this.#byTarget = byTarget
    this.#query = services.filter(({ model }) => model.meta.protocols.includes('query'))
  }

  byTarget(prefix: string): ServedService | undefined {
    return this.#byTarget.get(prefix)
  }

  /** Those that speak Query, in no order. */
  get ofQuery(): readonly ServedService[] {
    return this.#query
  }

  /**
   * The services a Query request may mean, the likeliest first: those of its Version, then those of its credential's
   * signing name, then the others, since SQS takes any Version and none.
   */
  byQuery(version: string | null, signingName: string | undefined): readonly ServedService[] {
    const key = `${version} ${signingName}`
    const known = this.#likeliest.get(key)
    if (known !== undefined) return known
    const sorted = this.#query.toSorted((a, b) => likeness(b, version, signingName) - likeness(a, version, signingName))
    if (this.#likeliest.size >= MAX_REMEMBERED) this.#likeliest.clear() // clients may say what they like
    this.#likeliest.set(key, sorted)
    return sorted
  }
}

/** 0 if nothing speaks for the service. */
export const likeness = ({ model: { meta } }: ServedService, version: string | null, signingName: string | undefined) =>
  (meta.version === version ? 2 : 0) + (meta.signingName === signingName ? 1 : 0)
