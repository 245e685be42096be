import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { checkIdentifier } from './text.ts'

const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

test('ids take letters, digits and punctuation', () => {
  for (const id of ['a', 'A9', punctuation, 'x'.repeat(128), undefined]) checkIdentifier('MessageGroupId', id)
})

for (const parameter of ['MessageGroupId', 'MessageDeduplicationId', 'ReceiveRequestAttemptId']) {
  for (const id of ['', ' ', 'a b', 'a\n', 'é', '\x7f', 'x'.repeat(129)]) {
    test(`${parameter} is not ${JSON.stringify(id)}`, () =>
      expectRefusal(
        () => checkIdentifier(parameter, id),
        'InvalidParameterValue',
        `Value ${id} for parameter ${parameter} is invalid. Reason: ${parameter} can only include ` +
          'alphanumeric and punctuation characters. 1 to 128 in length.',
      ))
  }
}
