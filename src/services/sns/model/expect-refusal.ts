/** For the tests of the rules: expects a call to be refused with exactly this code and sentence. */
import assert from 'node:assert/strict'
import { ServiceError } from '../../../kernel/service-error.ts'

export function expectRefusal(call: () => unknown, code: string, message: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof ServiceError, `not a ServiceError: ${error}`)
    assert.deepEqual({ code: error.code, message: error.message }, { code, message })
    return true
  })
}
