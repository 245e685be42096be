/** What is packed comes back, whatever it holds, and takes as many parts as it was given. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOf, type Packing, Parts, part, record } from './packing.ts'

interface Point {
  readonly x: number
  readonly y?: number
}

interface Shape {
  readonly name: string | null
  readonly at: Point
  readonly points: readonly Point[]
}

const point = record<Point>({ x: part, y: part })
const shape = record<Shape>({ name: part, at: point, points: listOf(point) })

function there<T>(packing: Packing<T>, values: readonly T[]): T[] {
  const list: unknown[] = []
  for (const value of values) packing.pack(value, list)
  const parts = new Parts(structuredClone(list))
  const back: T[] = []
  while (!parts.areRead) back.push(packing.unpack(parts))
  return back
}

test('objects, lists in them, and what they lack', () => {
  const shapes: Shape[] = [
    { name: 'a', at: { x: 1, y: 2 }, points: [] },
    { name: null, at: { x: -0.5 }, points: [{ x: 1 }, { x: 2, y: 3 }] },
  ]
  const expected = shapes.map(({ name, at, points }) => ({
    name,
    at: { x: at.x, y: at.y },
    points: points.map(({ x, y }) => ({ x, y })),
  }))
  assert.deepEqual(there(shape, shapes), expected)
})

test('a part may be anything that can be cloned', () => {
  const values = [undefined, null, '', 'naïve 😀 \ud800', 0, new Uint8Array([1, 2]), { deep: [1] }]
  assert.deepEqual(there(part, values), values)
})

test('what is no member is left out', () => {
  const wide = { x: 1, y: 2, secret: 'no' }
  assert.deepEqual(there(point, [wide]), [{ x: 1, y: 2 }])
})
