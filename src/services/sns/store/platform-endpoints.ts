/** The life of a device's registration with a platform application, which is told of it by events. */
import { single, type Tx } from '../../../kernel/store/store.ts'
import { endpointHasOtherAttributes, endpointNotFound } from '../errors.ts'
import { type EndpointAddress, endpointArn, type PlatformApplicationAddress } from '../model/arn.ts'
import {
  type AskedEndpoint,
  checkSameEndpoint,
  type EndpointAttributes,
  newEndpoint,
} from '../model/platform-endpoint.ts'
import { type FanOutReport, NO_REPORT } from './fan-out.ts'
import {
  attributesOf,
  findEndpoint,
  holdApplication,
  lockApplication,
  type MobileEndpoint,
  readEndpoints,
  requireApplication,
} from './mobile.ts'
import { type Occasion, publishEvent } from './mobile-events.ts'

export interface CreateEndpointCall extends Occasion {
  readonly application: PlatformApplicationAddress
  readonly asked: AskedEndpoint
  /** The last part of the ARN, if it is a new one. */
  readonly endpointId: string
}

export interface CreatedEndpoint {
  readonly arn: string
  /** What became of the event. */
  readonly report: FanOutReport
}

/** Registers a device, or finds the one of that token if its attributes are those that were asked for. */
export const createEndpoint = single('sns.createEndpoint', async (tx, call: CreateEndpointCall) => {
  const { asked, endpointId } = call
  const { applicationId, attributes: applicationAttributes } = await holdApplication(tx, call.application)
  const existing = await findByToken(tx, applicationId, asked.Token)
  if (existing !== undefined) {
    checkSameEndpoint(existing.arn, attributesOf(existing), asked)
    return { arn: existing.arn, report: NO_REPORT } satisfies CreatedEndpoint
  }
  const { Token, Enabled, CustomUserData } = newEndpoint(asked)
  const [id] = (await tx.nextIds(1)) as [number]
  const row = {
    application_id: applicationId,
    id,
    endpoint_id: endpointId,
    token: Token,
    enabled: Enabled === 'true' ? 1 : 0,
    custom_user_data: CustomUserData,
  }
  await tx.insertMany('sns_platform_endpoint', Object.keys(row), [Object.values(row)])
  const { name: application, ...place } = call.application
  const address = { ...place, application, id: endpointId }
  const report = await publishEvent(tx, { address, applicationAttributes }, { type: 'EndpointCreated' }, call)
  return { arn: endpointArn(address), report } satisfies CreatedEndpoint
})

async function findByToken(tx: Tx, applicationId: number, token: string): Promise<MobileEndpoint | undefined> {
  const [endpoint] = await readEndpoints(tx, 'where e.application_id = ? and e.token = ?', [applicationId, token])
  return endpoint
}

export interface EndpointCall extends Occasion {
  readonly endpoint: EndpointAddress
}

/** Removes the device, if it is there. Resolves to what became of the event. */
export const deleteEndpoint = single(
  'sns.deleteEndpoint',
  async (tx, { endpoint: address, ...occasion }: EndpointCall): Promise<FanOutReport> => {
    const endpoint = await findEndpoint(tx, address)
    if (endpoint === undefined) return NO_REPORT
    const { applicationId, id } = endpoint
    const key = [applicationId, id]
    const deleted = await tx.run('delete from sns_platform_endpoint where application_id = ? and id = ?', key)
    return deleted > 0 ? publishEvent(tx, endpoint, { type: 'EndpointDeleted' }, occasion) : NO_REPORT
  },
)

/** Throws NotFound. */
export const getEndpoint = single(
  'sns.getEndpoint',
  (tx, address: EndpointAddress): Promise<MobileEndpoint> => requireEndpoint(tx, address),
)

async function requireEndpoint(tx: Tx, address: EndpointAddress): Promise<MobileEndpoint> {
  const endpoint = await findEndpoint(tx, address)
  if (endpoint === undefined) throw endpointNotFound()
  return endpoint
}

export interface SetEndpointAttributesCall extends EndpointCall {
  readonly attributes: Partial<EndpointAttributes>
}

/** Resolves to what became of the event. Throws NotFound, and InvalidParameter for the token of another device. */
export const setEndpointAttributes = single(
  'sns.setEndpointAttributes',
  async (tx, { endpoint: address, attributes, ...occasion }: SetEndpointAttributesCall): Promise<FanOutReport> => {
    lockApplication(tx, { ...address, name: address.application })
    void tx.lock('select 1 from sns_platform_endpoint where endpoint_id = ?', [address.id])
    const endpoint = await requireEndpoint(tx, address)
    const current = attributesOf(endpoint)
    const changed = { ...current, ...attributes }
    const { Token, Enabled, CustomUserData } = changed
    const { applicationId, id } = endpoint
    const other = await findByToken(tx, applicationId, Token)
    if (other !== undefined && other.id !== id) throw endpointHasOtherAttributes(other.arn)
    await tx.run(
      `update sns_platform_endpoint set token = ?, enabled = ?, custom_user_data = ?
       where application_id = ? and id = ?`,
      [Token, Enabled === 'true' ? 1 : 0, CustomUserData, applicationId, id],
    )
    const names = Object.keys(current) as (keyof EndpointAttributes)[]
    const isChanged = names.some((name) => changed[name] !== current[name])
    return isChanged ? publishEvent(tx, endpoint, { type: 'EndpointUpdated' }, occasion) : NO_REPORT
  },
)

/** The platform has said that the device is not there any more. Resolves to what became of the event. */
export async function disableEndpoint(tx: Tx, endpoint: MobileEndpoint, occasion: Occasion): Promise<FanOutReport> {
  const { applicationId, id } = endpoint
  const disabled = await tx.run(
    'update sns_platform_endpoint set enabled = 0 where application_id = ? and id = ? and enabled = 1',
    [applicationId, id],
  )
  return disabled > 0 ? publishEvent(tx, endpoint, { type: 'EndpointUpdated' }, occasion) : NO_REPORT
}

export interface ListEndpointsCall {
  readonly application: PlatformApplicationAddress
  /** Ids after this one. */
  readonly after: number
  readonly limit: number
}

/** In the order of their making. Throws NotFound. */
export const listEndpoints = single(
  'sns.listEndpoints',
  async (tx, { application, after, limit }: ListEndpointsCall): Promise<MobileEndpoint[]> => {
    const { applicationId } = await requireApplication(tx, application)
    const condition = 'where e.application_id = ? and e.id > ? order by e.id limit ?'
    return readEndpoints(tx, condition, [applicationId, after, limit])
  },
)
