/** Applications on platforms for push notifications, and the devices that are registered with them, as rows. */
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import { platformApplicationNotFound } from '../errors.ts'
import { type EndpointAddress, endpointArn, type PlatformApplicationAddress, parseEndpointArn } from '../model/arn.ts'
import type { Platform, PlatformApplicationAttributes } from '../model/platform-application.ts'
import type { EndpointAttributes } from '../model/platform-endpoint.ts'

export interface PlatformApplication extends PlatformApplicationAddress {
  readonly applicationId: number
  readonly platform: Platform
  /** Credentials included. */
  readonly attributes: PlatformApplicationAttributes
}

const APPLICATION = `select application_id as "applicationId", account as "accountId", region, platform, name, attributes
  from sns_platform_application`

/** `condition` is everything from `where` on. */
export async function readApplications(
  tx: Tx,
  condition: string,
  values: readonly SqlValue[],
): Promise<PlatformApplication[]> {
  type Row = Omit<PlatformApplication, 'attributes'> & { readonly attributes: string }
  const rows = await tx.all<Row>(`${APPLICATION} ${condition}`, values)
  return rows.map((row) => ({ ...row, attributes: JSON.parse(row.attributes) as PlatformApplicationAttributes }))
}

const BY_NAME = 'where account = ? and region = ? and platform = ? and name = ?'

export async function findApplication(
  tx: Tx,
  { accountId, region, platform, name }: PlatformApplicationAddress,
): Promise<PlatformApplication | undefined> {
  const [application] = await readApplications(tx, BY_NAME, [accountId, region, platform, name])
  return application
}

/** Throws NotFound. */
export async function requireApplication(tx: Tx, address: PlatformApplicationAddress): Promise<PlatformApplication> {
  const application = await findApplication(tx, address)
  if (application === undefined) throw platformApplicationNotFound()
  return application
}

/** As `requireApplication`, for what changes the application or the tokens of its devices: others who do so wait. */
export function holdApplication(tx: Tx, address: PlatformApplicationAddress): Promise<PlatformApplication> {
  lockApplication(tx, address)
  return requireApplication(tx, address)
}

/** In force for the statements that follow. */
export function lockApplication(tx: Tx, { accountId, region, platform, name }: PlatformApplicationAddress): void {
  void tx.lock(`select 1 from sns_platform_application ${BY_NAME}`, [accountId, region, platform, name])
}

/** A device, with all that a push to it takes. */
export interface MobileEndpoint {
  readonly applicationId: number
  readonly id: number
  readonly address: EndpointAddress
  readonly arn: string
  readonly token: string
  readonly enabled: boolean
  readonly customUserData: string
  /** Of its application, credentials included. */
  readonly applicationAttributes: PlatformApplicationAttributes
}

interface EndpointRow extends Omit<EndpointAddress, 'id'> {
  readonly applicationId: number
  readonly id: number
  readonly endpointId: string
  readonly token: string
  readonly enabled: number
  readonly customUserData: string
  readonly attributes: string
}

const ENDPOINT = `select e.application_id as "applicationId", e.id, e.endpoint_id as "endpointId", e.token, e.enabled,
    e.custom_user_data as "customUserData", a.account as "accountId", a.region, a.platform, a.name as application,
    a.attributes
  from sns_platform_endpoint e join sns_platform_application a on a.application_id = e.application_id`

/** `condition` is everything from `where` on; the endpoint is `e`, its application `a`. */
export async function readEndpoints(tx: Tx, condition: string, values: readonly SqlValue[]): Promise<MobileEndpoint[]> {
  const rows = await tx.all<EndpointRow>(`${ENDPOINT} ${condition}`, values)
  return rows.map(({ endpointId, accountId, region, platform, application, attributes, enabled, ...row }) => {
    const address = { accountId, region, platform, application, id: endpointId }
    const applicationAttributes = JSON.parse(attributes) as PlatformApplicationAttributes
    return { ...row, address, arn: endpointArn(address), enabled: enabled === 1, applicationAttributes }
  })
}

/** Undefined if the device or its application is gone. */
export async function findEndpoint(
  tx: Tx,
  { accountId, region, platform, application, id }: EndpointAddress,
): Promise<MobileEndpoint | undefined> {
  const [endpoint] = await readEndpoints(
    tx,
    'where e.endpoint_id = ? and a.account = ? and a.region = ? and a.platform = ? and a.name = ?',
    [id, accountId, region, platform, application],
  )
  return endpoint
}

/** As `findEndpoint`, by an ARN that was checked. */
export const findMobileEndpoint = (tx: Tx, arn: string): Promise<MobileEndpoint | undefined> =>
  findEndpoint(tx, parseEndpointArn(arn, undefined))

export const attributesOf = ({ token, enabled, customUserData }: MobileEndpoint): EndpointAttributes => ({
  Token: token,
  Enabled: enabled ? 'true' : 'false',
  CustomUserData: customUserData,
})
