import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { textFor } from './message.ts'
import { parseMessageStructure } from './message-structure.ts'

const pick = (message: string, protocol: string) =>
  textFor({ messageId: 'id', message, texts: parseMessageStructure(message) }, protocol)

const all = '{"default":"d","sqs":"s","http":"h","email-json":"j","APNS_SANDBOX":"{\\"aps\\":{}}"}'
const picks = [
  { message: all, protocol: 'sqs', text: 's' },
  { message: all, protocol: 'http', text: 'h' },
  { message: all, protocol: 'https', text: 'd' },
  { message: all, protocol: 'email', text: 'd' },
  { message: all, protocol: 'email-json', text: 'j' },
  { message: all, protocol: 'APNS_SANDBOX', text: '{"aps":{}}' },
  { message: all, protocol: 'APNS', text: 'd' },
  { message: '{"default":"d","sqs":{"a":1}}', protocol: 'sqs', text: 'd' },
  { message: '{"default":"d","sqs":null}', protocol: 'sqs', text: 'd' },
  { message: '{"default":"d","sqs":"1","sqs":"2"}', protocol: 'sqs', text: '2' },
  { message: '{"default":"1","default":"2"}', protocol: 'sqs', text: '2' },
]
for (const { message, protocol, text } of picks) {
  test(`of ${message} ${protocol} gets ${JSON.stringify(text)}`, () => assert.equal(pick(message, protocol), text))
}

const notJson = 'Invalid parameter: Message Structure - JSON message body failed to parse'
const noDefault = 'Invalid parameter: Message Structure - No default entry in JSON message body'
const refused = [
  { message: 'plain', platform: undefined, sentence: notJson },
  { message: '{"default":', platform: undefined, sentence: notJson },
  { message: '["default"]', platform: undefined, sentence: notJson },
  { message: '"default"', platform: undefined, sentence: notJson },
  { message: 'null', platform: undefined, sentence: notJson },
  { message: '{}', platform: undefined, sentence: noDefault },
  { message: '{"sqs":"s"}', platform: undefined, sentence: noDefault },
  { message: '{"default":{"a":1}}', platform: undefined, sentence: noDefault },
  { message: '{"default":1}', platform: undefined, sentence: noDefault },
  { message: '{"GCM":"g"}', platform: undefined, sentence: noDefault },
  { message: '{"GCM":"g"}', platform: 'ADM', sentence: noDefault },
  { message: '{"GCM":{}}', platform: 'GCM', sentence: noDefault },
]
for (const { message, platform, sentence } of refused) {
  test(`${message}${platform ? ` for ${platform}` : ''} is refused`, () =>
    expectRefusal(() => parseMessageStructure(message, platform), 'InvalidParameterException', sentence))
}

test('an application needs no default if there is a text for its platform', () =>
  assert.deepEqual(parseMessageStructure('{"GCM":"g"}', 'GCM'), { GCM: 'g' }))
