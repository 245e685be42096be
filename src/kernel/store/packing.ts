/**
 * How the values of hot commands cross threads: their parts one after the other in one flat list, without the names of
 * members. Structured clone writes, and looks up again, every name of every object: a SendMessage costs 7 to
 * 10 µs as an object, both ends together, and 1 to 3 in parts. (JSON looks at every character: with large bodies it costs
 * six to nine times a clone.)
 */

/** The parts of one message, read from the beginning. Whatever structured clone can carry may be a part. */
export class Parts {
  readonly #list: readonly unknown[]
  #at = 0

  constructor(list: readonly unknown[]) {
    this.#list = list
  }

  get areRead(): boolean {
    return this.#at === this.#list.length
  }

  next(): unknown {
    return this.#list[this.#at++]
  }
}

export interface Packing<T> {
  pack(value: T, parts: unknown[]): void
  /** Takes as many parts as `pack` has added. */
  unpack(parts: Parts): T
}

/** One part: a text, a number, undefined … An object would be cloned as it is. */
// biome-ignore lint/suspicious/noExplicitAny: a value of any type is one part
export const part: Packing<any> = {
  pack: (value, parts) => void parts.push(value),
  unpack: (parts) => parts.next(),
}

type Members<T> = { readonly [K in keyof T]-?: Packing<T[K]> }

/** An object by its members. What else it has is left out; what it lacks is undefined. */
export function record<T extends object>(members: Members<T>): Packing<T> {
  const names = Object.keys(members) as (keyof T & string)[]
  const packings = names.map((name) => members[name])
  const packed = names.map((name, at) =>
    members[name] === part ? `parts.push(v.${name})` : `packings[${at}].pack(v.${name}, parts)`,
  )
  const read = names.map(
    (name, at) => `${name}: ${members[name] === part ? 'parts.next()' : `packings[${at}].unpack(parts)`}`,
  )
  // As source text, made from the code's own names: V8 then knows the form of every object.
  const source = `return { pack(v, parts) { ${packed.join('; ')} }, unpack(parts) { return { ${read.join(', ')} } } }`
  return new Function('packings', source)(packings)
}

export function listOf<T>(item: Packing<T>): Packing<readonly T[]> {
  return {
    pack(values, parts) {
      parts.push(values.length)
      for (const value of values) item.pack(value, parts)
    },
    unpack(parts) {
      const values = new Array<T>(parts.next() as number)
      for (let at = 0; at < values.length; at++) values[at] = item.unpack(parts)
      return values
    },
  }
}
