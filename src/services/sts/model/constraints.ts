/**
 * What the framework under STS demands of single members, before anything else is looked at. All that is broken is told
 * at once, in the order of the members.
 *
 * The limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and its neighbours.
 */
import { constraintsBroken } from '../errors.ts'

export interface TextRule {
  /** As the framework prints it; the whole text has to match. */
  readonly pattern?: string
  readonly min: number
  readonly max: number
  /** What is refused is not shown. */
  readonly isSecret?: boolean
}

const PRINTABLE = '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+'
const NAME = '[\\w+=,.@-]*'

export const RULES = {
  arn: { pattern: PRINTABLE, min: 20, max: 2048 },
  sessionName: { pattern: NAME, min: 2, max: 64 },
  sourceIdentity: { pattern: NAME, min: 2, max: 64 },
  federatedName: { pattern: NAME, min: 2, max: 32 },
  policy: { pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+', min: 1, max: 2048 },
  externalId: { pattern: '[\\w+=,.@:\\/-]*', min: 2, max: 1224 },
  serialNumber: { pattern: '[\\w+=/:,.@-]*', min: 9, max: 256 },
  tokenCode: { pattern: '[\\d]*', min: 6, max: 6, isSecret: true },
  tagKey: { pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+', min: 1, max: 128 },
  tagValue: { pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*', min: 0, max: 256 },
  webIdentityToken: { min: 4, max: 20_000, isSecret: true },
  providerId: { min: 4, max: 2048 },
  samlAssertion: { min: 4, max: 100_000, isSecret: true },
  accessKeyId: { pattern: '[\\w]*', min: 16, max: 128 },
  encodedMessage: { min: 1, max: 10_240 },
} as const satisfies Record<string, TextRule>

/** As JavaScript writes it: the framework's own notation for characters beyond the first 65,536 means something else. */
const compiled = new Map<string, RegExp>()

function matches(value: string, pattern: string): boolean {
  let regExp = compiled.get(pattern)
  if (regExp === undefined) {
    const source = pattern.replace(
      '\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF',
      '\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}',
    )
    regExp = new RegExp(`^(?:${source})$`, 'u')
    compiled.set(pattern, regExp)
  }
  return regExp.test(value)
}

/** Enough to recognise it by: what is refused can be long. */
const MAX_SHOWN = 1024

const shown = (value: unknown): string => {
  const text = String(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`
}

/** Collects what a request breaks. Members that are absent break nothing. */
export class Constraints {
  readonly #broken: string[] = []

  /** `path` as the framework names it: `roleArn`, `tags.1.member.key`. */
  text(path: string, value: string | undefined, rule: TextRule): this {
    if (value === undefined) return this
    const { pattern, min, max, isSecret = false } = rule
    const toShow = isSecret ? undefined : value
    if (pattern !== undefined && !matches(value, pattern)) {
      this.#breaks(path, toShow, `satisfy regular expression pattern: ${pattern}`)
    }
    return this.#length(path, toShow, value.length, min, max)
  }

  number(path: string, value: number | undefined, min: number, max: number): this {
    if (value === undefined) return this
    if (value > max) this.#breaks(path, value, `have value less than or equal to ${max}`)
    if (value < min) this.#breaks(path, value, `have value greater than or equal to ${min}`)
    return this
  }

  /** `each` looks at one item, whose path it is given. */
  list<T>(path: string, items: readonly T[] | undefined, max: number, each: (path: string, item: T) => void): this {
    if (items === undefined) return this
    // Not the items themselves: they may be many.
    this.#length(path, `[${items.length} members]`, items.length, 0, max)
    if (items.length <= max) for (const [at, item] of items.entries()) each(`${path}.${at + 1}.member`, item)
    return this
  }

  /** Throws `ValidationError` with one sentence for each constraint that is broken. */
  check(): void {
    if (this.#broken.length > 0) throw constraintsBroken(this.#broken)
  }

  #length(path: string, value: unknown, length: number, min: number, max: number): this {
    if (length > max) this.#breaks(path, value, `have length less than or equal to ${max}`)
    if (length < min) this.#breaks(path, value, `have length greater than or equal to ${min}`)
    return this
  }

  #breaks(path: string, value: unknown, constraint: string): void {
    const what = value === undefined ? 'Value' : `Value '${shown(value)}'`
    this.#broken.push(`${what} at '${path}' failed to satisfy constraint: Member must ${constraint}`)
  }
}
