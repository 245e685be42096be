/** Applications on platforms for push notifications, and the devices that are registered with them. */
import type { Tx } from '../../../kernel/store/store.ts'
import { type EndpointAddress, endpointArn, parseEndpointArn } from '../model/arn.ts'

/** All that a push to a device takes. */
export interface MobileEndpoint {
  readonly address: EndpointAddress
  readonly arn: string
  readonly token: string
  readonly enabled: boolean
  readonly customUserData: string
  /** Of its application, credentials included. */
  readonly applicationAttributes: Readonly<Record<string, string>>
}

/** Undefined if the device or its application is gone. */
export async function findMobileEndpoint(tx: Tx, arn: string): Promise<MobileEndpoint | undefined> {
  const address = parseEndpointArn(arn, undefined)
  const row = await tx.get<{ token: string; enabled: number; customUserData: string; attributes: string }>(
    `select e.token, e.enabled, e.custom_user_data as "customUserData", a.attributes
     from sns_platform_endpoint e join sns_platform_application a on a.application_id = e.application_id
     where e.endpoint_id = ? and a.account = ? and a.region = ? and a.platform = ? and a.name = ?`,
    [address.id, address.accountId, address.region, address.platform, address.application],
  )
  if (row === undefined) return undefined
  const { token, customUserData } = row
  const applicationAttributes = JSON.parse(row.attributes) as Record<string, string>
  return {
    address,
    arn: endpointArn(address),
    token,
    enabled: row.enabled === 1,
    customUserData,
    applicationAttributes,
  }
}

/** The platform has said that the device is not there any more. */
export async function disableEndpoint(tx: Tx, { address }: MobileEndpoint): Promise<void> {
  await tx.run('update sns_platform_endpoint set enabled = 0 where endpoint_id = ?', [address.id])
}
