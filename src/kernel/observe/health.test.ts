import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import { Health } from './health.ts'

/** A store that answers a ping with the given promise; health looks at nothing else. */
const storeThat = (answer: () => Promise<unknown>) => ({ execute: answer }) as unknown as Store
const well = storeThat(async () => 1)

test('ready while the store answers', async () => {
  assert.equal(await new Health(new SystemClock()).check(well), undefined)
})

test('not ready while the store says it can not be written', async () => {
  const health = new Health(new SystemClock())
  health.storeChanged('disk full')
  assert.equal(await health.check(well), 'disk full')
  health.storeChanged(undefined)
  assert.equal(await health.check(well), undefined)
})

test('ready again as soon as the store finds, when it is asked, that it can be written', async () => {
  const health = new Health(new SystemClock())
  health.storeChanged('disk full')
  const recovering = storeThat(async () => health.storeChanged(undefined))
  assert.equal(await health.check(recovering), undefined)
})

test('not ready if the store refuses', async () => {
  const broken = storeThat(() => Promise.reject(new Error('the store is closed')))
  assert.equal(await new Health(new SystemClock()).check(broken), 'the store is closed')
})

test('not ready if the store does not answer in time', async () => {
  const clock = new SystemClock()
  const checked = new Health(clock).check(storeThat(() => new Promise(() => undefined)))
  clock.shift(2000)
  assert.equal(await checked, 'the store does not answer')
})

test('not ready while draining, whatever the store says', async () => {
  const health = new Health(new SystemClock())
  health.drain()
  assert.equal(await health.check(well), 'shutting down')
})
