/** Which of the kept keys signs, and that none is forgotten. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import { createSigningKey } from '../model/certificate.ts'
import { currentSigningKey, findSigningKey, keepSigningKey } from '../store.ts'
import { openTestStore } from '../testing/store.ts'

const fixture = new URL('../../../testing/fixtures/localhost.cert.pem', import.meta.url)

test('a key whose certificate validators would not recognise is replaced, and its certificate stays', async () => {
  const clock = new SystemClock()
  const { store, close } = await openTestStore(clock)
  const older = { keyId: 'f'.repeat(32), privateKeyPem: 'older', certificatePem: readFileSync(fixture, 'utf8') }
  await store.execute(keepSigningKey, older)
  assert.equal(await store.execute(currentSigningKey, null), undefined)
  const [first, second] = [await createSigningKey(clock.now()), await createSigningKey(clock.now())]
  assert.deepEqual(await store.execute(keepSigningKey, first), first)
  // Of another node, which began at the same time.
  assert.deepEqual({ ...(await store.execute(keepSigningKey, second)) }, first)
  assert.deepEqual({ ...(await store.execute(currentSigningKey, null)) }, first)
  assert.deepEqual({ ...(await store.execute(findSigningKey, older.keyId)) }, older)
  await close()
  clock.close()
})
