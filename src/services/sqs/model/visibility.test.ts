import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { checkTotalVisibility, checkVisibilityTimeout } from './visibility.ts'

test('timeouts from 0 to 12 hours pass', () => {
  for (const seconds of [0, 1, 43_200]) checkVisibilityTimeout(seconds)
})

for (const seconds of [-1, 43_201]) {
  test(`a timeout of ${seconds} seconds is refused`, () =>
    expectRefusal(
      () => checkVisibilityTimeout(seconds),
      'InvalidParameterValue',
      `Value ${seconds} for parameter VisibilityTimeout is invalid. ` +
        'Reason: VisibilityTimeout must be an integer between 0 and 43200.',
    ))
}

const received = 1_700_000_000_000
const inAll = [
  { afterMs: 0, seconds: 43_200, passes: true },
  { afterMs: 1, seconds: 43_200, passes: false },
  { afterMs: 1000, seconds: 43_199, passes: true },
  { afterMs: 1001, seconds: 43_199, passes: false },
  { afterMs: 1000, seconds: 43_200, passes: false },
  { afterMs: 43_200_000, seconds: 0, passes: true },
  { afterMs: 43_200_001, seconds: 0, passes: false },
]
for (const { afterMs, seconds, passes } of inAll) {
  test(`${seconds} seconds, ${afterMs} ms after the receive, ${passes ? 'pass' : 'are refused'}`, () => {
    const check = () => checkTotalVisibility(seconds, received, received + afterMs)
    if (passes) check()
    else
      expectRefusal(
        check,
        'InvalidParameterValue',
        `Value ${seconds} for parameter VisibilityTimeout is invalid. ` +
          'Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
      )
  })
}
