import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { fcmBody } from './fcm-message.ts'

const cases: [name: string, payload: unknown, secondsToLive: number | undefined, body: object][] = [
  ['plain text', 'hello', undefined, { message: { data: { default: 'hello' }, token: 't' } }],
  ['a JSON text', '"hello"', undefined, { message: { data: { default: '"hello"' }, token: 't' } }],
  ['a number', '1', 60, { message: { data: { default: '1' }, android: { ttl: '60s' }, token: 't' } }],
  [
    'data of other types than text',
    { data: { a: 'b', n: 1, yes: true, nothing: null, deep: { x: [1] } } },
    undefined,
    { message: { data: { a: 'b', n: '1', yes: 'true', nothing: 'null', deep: '{"x":[1]}' }, token: 't' } },
  ],
  [
    'a notification',
    { notification: { title: 'T', body: 'B', image: 'https://i/' } },
    undefined,
    { message: { notification: { title: 'T', body: 'B', image: 'https://i/' }, token: 't' } },
  ],
  [
    'every other member of the old API',
    {
      notification: {
        title: 'T',
        icon: 'i',
        color: '#ffffff',
        sound: 's',
        tag: 'tag',
        badge: '3',
        click_action: 'OPEN',
        android_channel_id: 'c',
        body_loc_key: 'bk',
        body_loc_args: '["x","y"]',
        title_loc_key: 'tk',
        title_loc_args: ['z'],
      },
      collapse_key: 'ck',
      priority: 'high',
      time_to_live: 3600,
      restricted_package_name: 'p',
      dry_run: true,
      content_available: true,
      mutable_content: true,
    },
    undefined,
    {
      validate_only: true,
      message: {
        notification: { title: 'T' },
        android: {
          collapse_key: 'ck',
          restricted_package_name: 'p',
          ttl: '3600s',
          priority: 'HIGH',
          notification: {
            icon: 'i',
            color: '#ffffff',
            sound: 's',
            tag: 'tag',
            click_action: 'OPEN',
            channel_id: 'c',
            body_loc_key: 'bk',
            body_loc_args: ['x', 'y'],
            title_loc_key: 'tk',
            title_loc_args: ['z'],
          },
        },
        apns: {
          headers: { 'apns-priority': '10' },
          payload: { aps: { sound: 's', badge: 3, 'content-available': 1, 'mutable-content': 1 } },
        },
        token: 't',
      },
    },
  ],
  [
    'a time to live in payload and attribute',
    { time_to_live: 3600, data: { a: 'b' } },
    0,
    { message: { data: { a: 'b' }, android: { ttl: '0s' }, token: 't' } },
  ],
  [
    'a message of v1, for another device',
    {
      fcmV1Message: {
        validate_only: false,
        message: {
          token: 'other',
          topic: 'all',
          condition: 'x',
          notification: { title: 'T' },
          data: { n: 1 },
          android: { priority: 'high', ttl: '10s' },
          webpush: { headers: {} },
        },
      },
    },
    undefined,
    {
      validate_only: false,
      message: {
        notification: { title: 'T' },
        data: { n: '1' },
        android: { priority: 'high', ttl: '10s' },
        webpush: { headers: {} },
        token: 't',
      },
    },
  ],
  [
    'a message of v1 with a time to live among the attributes',
    { fcmV1Message: { message: { android: { priority: 'high', ttl: '10s' } } } },
    20,
    { message: { android: { priority: 'high', ttl: '20s' }, token: 't' } },
  ],
  ['an empty object', {}, undefined, { message: { token: 't' } }],
]
describe('an FCM message is made of', () => {
  for (const [name, payload, secondsToLive, body] of cases) {
    test(name, () => {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      assert.deepEqual(fcmBody(text, 't', secondsToLive), body)
    })
  }
})

for (const fcmV1Message of [null, 'text', {}, { message: 'text' }, []]) {
  test(`${JSON.stringify({ fcmV1Message })} is undeliverable`, () => {
    assert.throws(() => fcmBody(JSON.stringify({ fcmV1Message }), 't', undefined), Undeliverable)
  })
}
