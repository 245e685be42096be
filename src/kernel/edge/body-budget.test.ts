import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ArrivingBody, BodyBudget } from './body-budget.ts'

/** A body of which more is to come, as the budget sees it. */
class Arriving implements ArrivingBody {
  heldBytes = 0
  progressAt = 0
  fate: 'arriving' | 'given up' | 'cut off' = 'arriving'
  readonly #budget: BodyBudget

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  add(bytes: number): this {
    this.heldBytes += bytes
    this.#budget.take(this, bytes)
    return this
  }

  giveUp(): void {
    this.fate = 'given up'
    this.#budget.settled(this)
    this.#budget.giveBack(this.heldBytes)
  }

  cutOff(): void {
    this.fate = 'cut off'
  }
}

test('the largest body that arrives is given up, whoever brought the last byte', () => {
  const budget = new BodyBudget(1000, 1000)
  const large = new Arriving(budget).add(600)
  const small = new Arriving(budget).add(200)
  const last = new Arriving(budget).add(150)
  assert.deepEqual([large.fate, small.fate, last.fate], ['given up', 'arriving', 'arriving'])
  assert.equal(budget.usedBytes, 350)
})

test('a tenth is kept for bodies that arrive in one piece, and large ones make room for them', () => {
  const budget = new BodyBudget(1000, 1000)
  const large = new Arriving(budget).add(890)
  assert.equal(budget.takeWhole(100), true)
  assert.equal(large.fate, 'arriving')
  assert.equal(budget.takeWhole(100), true)
  assert.equal(large.fate, 'given up')
})

test('where all that is held is worked on, there is no room', () => {
  const budget = new BodyBudget(1000, 1000)
  assert.equal(budget.takeWhole(900), true)
  assert.equal(budget.takeWhole(200), false)
  assert.equal(budget.usedBytes, 900)
  budget.giveBack(900)
  assert.equal(budget.takeWhole(200), true)
})

test('a request counts beside its body', () => {
  const budget = new BodyBudget(10_000, 1000)
  budget.takeWhole(100)
  const counted = budget.admit(100)
  assert.equal(budget.usedBytes, counted)
  assert.ok(counted > 100)
  budget.giveBack(counted)
  assert.equal(budget.usedBytes, 0)
})

test('what makes no progress is cut off', () => {
  const budget = new BodyBudget(1000, 100)
  const [silent, slow] = [new Arriving(budget).add(1), new Arriving(budget).add(1)]
  slow.progressAt = 50
  budget.sweep(101)
  assert.deepEqual([silent.fate, slow.fate], ['cut off', 'arriving'])
})
