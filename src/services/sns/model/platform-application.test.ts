import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import {
  changePlatformApplicationAttributes,
  checkPlatformApplication,
  checkSamePlatformApplication,
  createPlatformApplicationAttributes,
  type PlatformApplicationAttributes,
  shownPlatformApplicationAttributes,
} from './platform-application.ts'

const REGION = 'us-east-1'
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:t'
const ROLE = 'arn:aws:iam::000000000000:role/push'

for (const platform of [
  'ADM',
  'BAIDU',
  'APNS',
  'APNS_SANDBOX',
  'APNS_VOIP',
  'APNS_VOIP_SANDBOX',
  'MACOS',
  'MACOS_SANDBOX',
  'GCM',
  'MPNS',
  'WNS',
]) {
  test(`${platform} is a platform`, () => assert.equal(checkPlatformApplication('A-z_0.9', platform), platform))
}
test('a name may have 256 characters', () => void checkPlatformApplication('x'.repeat(256), 'GCM'))

const long = 'x'.repeat(257)
const allowed = "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
const refusedNames = [
  { name: '', platform: 'GCM', sentence: 'Invalid parameter:  Reason: cannot be empty' },
  {
    name: long,
    platform: 'GCM',
    sentence: `Invalid parameter: ${long} Reason: must be at most 256 characters long`,
  },
  ...['@', 'a b', 'é', 'a\n'].map((name) => ({
    name,
    platform: 'AAA',
    sentence: `Invalid parameter: ${name} Reason: ${allowed}`,
  })),
  ...['AAA', '', 'gcm', 'constructor'].map((platform) => ({
    name: 'a',
    platform,
    sentence: `Invalid parameter: Platform Reason: ${platform} is not supported`,
  })),
]
for (const { name, platform, sentence } of refusedNames) {
  test(`an application ${JSON.stringify(name).slice(0, 20)} on ${platform} is refused`, () =>
    expectRefusal(() => checkPlatformApplication(name, platform), 'InvalidParameterException', sentence))
}

const pair = { PlatformPrincipal: 'p', PlatformCredential: 'c' }
const create = (given: Readonly<Record<string, string>>, platform: 'GCM' | 'ADM' = 'ADM') =>
  createPlatformApplicationAttributes(given, platform, REGION)

const everything = {
  EventEndpointCreated: TOPIC,
  EventEndpointDeleted: TOPIC,
  EventEndpointUpdated: TOPIC,
  EventDeliveryFailure: TOPIC,
  SuccessFeedbackRoleArn: ROLE,
  FailureFeedbackRoleArn: ROLE,
  SuccessFeedbackSampleRate: '100',
}

test('Firebase has one credential, the others a pair', () => {
  assert.deepEqual(create(pair), pair)
  assert.deepEqual(create({ PlatformCredential: 'c' }, 'GCM'), { PlatformCredential: 'c' })
})

test('what is set is shown, and never a credential', () => {
  assert.deepEqual(shownPlatformApplicationAttributes(create(pair)), { Enabled: 'true' })
  const apple = { ApplePlatformTeamID: 'T', ApplePlatformBundleID: 'b' }
  assert.deepEqual(shownPlatformApplicationAttributes(create({ ...pair, ...apple, ...everything, Enabled: 'False' })), {
    ...apple,
    ...everything,
    Enabled: 'false',
  })
})

test('attributes are replaced, kept and unset', () => {
  const attributes = create({ ...pair, ...everything })
  assert.deepEqual(
    changePlatformApplicationAttributes(
      attributes,
      { EventDeliveryFailure: '', SuccessFeedbackSampleRate: '0' },
      'ADM',
      REGION,
    ),
    {
      ...pair,
      ...Object.fromEntries(Object.entries(everything).filter(([name]) => name !== 'EventDeliveryFailure')),
      SuccessFeedbackSampleRate: '0',
    },
  )
})

const invalid = (name: string, fault: string) => `Invalid value for attribute: ${name}: ${fault}`
const refused: readonly { given: Readonly<Record<string, string>>; tail: string }[] = [
  { given: { PlatformPrincipal: 'p' }, tail: 'PlatformPrincipal attribute provided without PlatformCredential' },
  { given: { PlatformCredential: 'c' }, tail: 'PlatformCredential attribute provided without PlatformPrincipal' },
  { given: { ...pair, Nonsense: 'x' }, tail: 'Invalid attribute name: Nonsense' },
  { given: { ...pair, constructor: 'x' }, tail: 'Invalid attribute name: constructor' },
  { given: { ...pair, PlatformCredential: '' }, tail: invalid('PlatformCredential', 'cannot be empty') },
  { given: { Enabled: 'yes' }, tail: invalid('Enabled', 'yes value provided is not true or false') },
  {
    given: { SuccessFeedbackSampleRate: '101' },
    tail: invalid('SuccessFeedbackSampleRate', '101 value provided is not an integer between 0-100'),
  },
  {
    given: { SuccessFeedbackRoleArn: 'x' },
    tail: invalid('SuccessFeedbackRoleArn', 'x value provided is not the ARN of a role'),
  },
  ...['x', TOPIC.replace(REGION, 'eu-west-1'), ROLE, `${TOPIC}.fifo`].map((arn) => ({
    given: { EventEndpointCreated: arn },
    tail: invalid('EventEndpointCreated', `${arn} value provided is not the ARN of a standard topic`),
  })),
]
for (const { given, tail } of refused) {
  test(`${JSON.stringify(given).slice(0, 80)} is refused: ${tail}`, () =>
    expectRefusal(() => create(given), 'InvalidParameterException', `Invalid parameter: Attributes Reason: ${tail}`))
}

test('an application needs attributes', () =>
  expectRefusal(
    () => create({}),
    'ValidationError',
    "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null",
  ))

const again: readonly {
  current: PlatformApplicationAttributes
  wanted: PlatformApplicationAttributes
  same: boolean
}[] = [
  { current: pair, wanted: pair, same: true },
  { current: { ...pair, EventEndpointCreated: TOPIC }, wanted: pair, same: true },
  { current: pair, wanted: { ...pair, Enabled: 'true' }, same: true },
  { current: pair, wanted: { ...pair, Enabled: 'false' }, same: false },
  { current: pair, wanted: { ...pair, PlatformCredential: 'other' }, same: false },
  { current: pair, wanted: { ...pair, EventEndpointCreated: TOPIC }, same: false },
]
for (const { current, wanted, same } of again) {
  test(`${JSON.stringify(wanted)} over ${JSON.stringify(current)} is ${same ? 'the same' : 'refused'}`, () => {
    const check = () => checkSamePlatformApplication(current, wanted)
    if (same) return check()
    expectRefusal(
      check,
      'InvalidParameterException',
      'Invalid parameter: Name Reason: An application with the same name but different properties already exists',
    )
  })
}
