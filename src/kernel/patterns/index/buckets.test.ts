import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridge, parsePattern } from '../patterns.ts'
import { Bucket, type Filed } from './buckets.ts'
import { FieldTree } from './field-tree.ts'

const fields = new FieldTree(eventBridge)

function file(pattern: object): Filed<object> {
  const [terms = []] = parsePattern(JSON.stringify(pattern), eventBridge).alternatives
  return { entry: pattern, terms, fields: terms.map(({ path }) => fields.take(path)), slips: [], event: 0 }
}

function fill(patterns: readonly object[]) {
  const bucket = new Bucket<object>()
  const filed = patterns.map(file)
  for (const one of filed) bucket.add(one)
  return { bucket, filed }
}

const count = (length: number, pattern: (n: number) => object) => Array.from({ length }, (_, n) => pattern(n))

/** The most alternatives that one look at the bucket or those below may have to test. */
function longestList({ slips, layer }: Bucket<object>): number {
  const below = [...(layer?.shelves.values() ?? [])].flatMap((shelf) => shelvedIn(shelf.lookups.values()))
  return Math.max(slips.length, ...below.map(longestList))
}

const shelvedIn = (lookups: Iterable<{ find(leaf: string, found: (bucket: Bucket<object>) => void): void }>) => {
  const buckets: Bucket<object>[] = []
  for (const lookup of lookups)
    for (const text of ['x', '0', '1', '2', '3']) lookup.find(text, (one) => buckets.push(one))
  return buckets
}

test('what shares most of its values is told apart by the others, layer below layer', () => {
  const { bucket } = fill(
    count(64, (n) => ({ same: ['x'], a: [String(n & 3)], b: [String((n >> 2) & 3)], c: [String(n >> 4)] })),
  )
  assert.equal(bucket.slips.length, 0)
  assert.equal(bucket.size, 64)
  assert.ok(longestList(bucket) <= 16)
})

test('what is the same stays together', () => {
  const { bucket, filed } = fill(count(100, () => ({ a: ['x'] })))
  assert.equal(longestList(bucket), 100)
  assert.ok(filed.every(({ slips }) => slips.length === 1))
})

test('to tell apart what is the same is not tried again with each addition', () => {
  const { terms, ...rest } = file({ a: ['x'] })
  const bucket = new Bucket<object>()
  let tries = 0
  for (let n = 0; n < 2000; n += 1) {
    bucket.add({
      ...rest,
      slips: [],
      get terms() {
        tries += 1
        return terms
      },
    })
  }
  assert.equal(bucket.size, 2000)
  assert.ok(tries < 10 * 2000, `${tries}`)
})

test('an alternative with long lists isn’t put everywhere', () => {
  const list = count(300, (n) => [String(n)]).flat()
  const { filed } = fill(count(100, () => ({ a: list, b: list, c: ['x'] })))
  assert.ok(filed.every(({ slips }) => slips.length <= 512))
})

test('nothing is left when all have left, in any order', () => {
  const kinds = [
    ['x'],
    ['x', 'y'],
    [{ exists: false }],
    [{ numeric: ['>', 1] }],
    [{ wildcard: '*a' }],
    [{ cidr: '::/0' }],
  ]
  const patterns = count(600, (n) => ({ a: kinds[n % 6], b: [String(n % 7), { prefix: String(n % 5) }], c: [n] }))
  for (const step of [1, 7, 599]) {
    const { bucket, filed } = fill(patterns)
    assert.notEqual(bucket.layer, undefined)
    for (let n = 0; n < 600; n += 1) {
      for (const slip of filed[(n * step) % 600]?.slips ?? []) slip.bucket.remove(slip)
    }
    assert.deepEqual(
      { slips: bucket.slips, layer: bucket.layer, size: bucket.size },
      { slips: [], layer: undefined, size: 0 },
    )
  }
})
