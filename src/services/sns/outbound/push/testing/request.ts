/** Push notifications for tests. */
import type { DeliveryAttribute } from '../../../../../kernel/targets/delivery.ts'
import type { PushRequest } from '../request.ts'

/** Plain text to a device of FCM, by an application without credentials. */
export const pushRequest = (change: Partial<PushRequest> = {}): PushRequest => ({
  account: '000000000000',
  region: 'us-east-1',
  platform: 'GCM',
  applicationAttributes: {},
  token: 'a token/of?a device',
  messageId: '1b8a4f2c-0000-4000-8000-000000000000',
  publishedAt: 1_700_000_000_000,
  payload: 'hello',
  attributes: {},
  ...change,
})

/** Attributes by their names without the prefix: `APNS.TTL`. */
export const reservedTexts = (values: Readonly<Record<string, string>>): Record<string, DeliveryAttribute> =>
  Object.fromEntries(
    Object.entries(values).map(([name, stringValue]) => [
      `AWS.SNS.MOBILE.${name}`,
      { dataType: 'String', stringValue },
    ]),
  )
