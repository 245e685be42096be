/** Mobile push: platform applications, and the devices that are registered with them. */
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../../kernel/kernel.ts'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { missingMembers } from '../errors.ts'
import { parseEndpointArn, parsePlatformApplicationArn, platformApplicationArn } from '../model/arn.ts'
import { decodeNextId, decodeNextToken, encodeNextToken, PAGE_SIZE } from '../model/page-token.ts'
import {
  checkPlatformApplication,
  createPlatformApplicationAttributes,
  shownPlatformApplicationAttributes,
} from '../model/platform-application.ts'
import {
  askedEndpointAttributes,
  parseEndpointAttributes,
  shownEndpointAttributes,
} from '../model/platform-endpoint.ts'
import { reportFanOut } from '../status-log.ts'
import {
  attributesOf,
  createEndpoint,
  createPlatformApplication,
  deleteEndpoint,
  deletePlatformApplication,
  getEndpoint,
  getPlatformApplication,
  listEndpoints,
  listPlatformApplications,
  type Occasion,
  setEndpointAttributes,
  setPlatformApplicationAttributes,
} from '../store.ts'
import { originFor, pageOf, type SNS, type SnsContext } from './context.ts'

export const mobile = (sns: SnsContext) =>
  ({
    async CreatePlatformApplication({ Name, Platform, Attributes }, { accountId, region }) {
      const platform = checkPlatformApplication(Name, Platform)
      const attributes = createPlatformApplicationAttributes(Attributes, platform, region)
      const application = { accountId, region, platform, name: Name }
      await sns.store.execute(createPlatformApplication, { application, attributes })
      return { PlatformApplicationArn: platformApplicationArn(application) }
    },

    async DeletePlatformApplication({ PlatformApplicationArn }, { region }) {
      await sns.store.execute(deletePlatformApplication, parsePlatformApplicationArn(PlatformApplicationArn, region))
      return {}
    },

    async GetPlatformApplicationAttributes({ PlatformApplicationArn }, { region }) {
      const application = parsePlatformApplicationArn(PlatformApplicationArn, region)
      const { attributes } = await sns.store.execute(getPlatformApplication, application)
      return { Attributes: shownPlatformApplicationAttributes(attributes) }
    },

    async SetPlatformApplicationAttributes({ PlatformApplicationArn, Attributes }, { region }) {
      const application = parsePlatformApplicationArn(PlatformApplicationArn, region)
      requireAttributes(Attributes)
      await sns.store.execute(setPlatformApplicationAttributes, { application, given: Attributes })
      return {}
    },

    async ListPlatformApplications({ NextToken }, { accountId, region }) {
      const listing = `applications ${accountId} ${region}`
      const [platform = '', name = ''] = NextToken ? decodeNextToken(listing, NextToken).split('/') : []
      const call = { accountId, region, after: { platform, name }, limit: PAGE_SIZE + 1 }
      const { shown, last } = pageOf(await sns.store.execute(listPlatformApplications, call), PAGE_SIZE)
      return {
        PlatformApplications: shown.map((application) => ({
          PlatformApplicationArn: platformApplicationArn(application),
          Attributes: shownPlatformApplicationAttributes(application.attributes),
        })),
        NextToken: last && encodeNextToken(listing, `${last.platform}/${last.name}`),
      }
    },

    async CreatePlatformEndpoint({ PlatformApplicationArn, Token, CustomUserData, Attributes }, caller) {
      const application = parsePlatformApplicationArn(PlatformApplicationArn, caller.region)
      const asked = askedEndpointAttributes(Token, CustomUserData, Attributes)
      const call = { application, asked, endpointId: randomUUID(), ...(await occasion(sns, caller)) }
      const { arn, report } = await sns.store.execute(createEndpoint, call)
      reportFanOut(sns, report)
      return { EndpointArn: arn }
    },

    async DeleteEndpoint({ EndpointArn }, caller) {
      const endpoint = parseEndpointArn(EndpointArn, caller.region)
      reportFanOut(sns, await sns.store.execute(deleteEndpoint, { endpoint, ...(await occasion(sns, caller)) }))
      return {}
    },

    async GetEndpointAttributes({ EndpointArn }, { region }) {
      const endpoint = await sns.store.execute(getEndpoint, parseEndpointArn(EndpointArn, region))
      return { Attributes: shownEndpointAttributes(attributesOf(endpoint)) }
    },

    async SetEndpointAttributes({ EndpointArn, Attributes }, caller) {
      const endpoint = parseEndpointArn(EndpointArn, caller.region)
      requireAttributes(Attributes)
      const attributes = parseEndpointAttributes(Attributes)
      const call = { endpoint, attributes, ...(await occasion(sns, caller)) }
      reportFanOut(sns, await sns.store.execute(setEndpointAttributes, call))
      return {}
    },

    async ListEndpointsByPlatformApplication({ PlatformApplicationArn, NextToken }, { region }) {
      const application = parsePlatformApplicationArn(PlatformApplicationArn, region)
      const listing = `endpoints of ${PlatformApplicationArn}`
      const after = NextToken ? decodeNextId(listing, NextToken) : 0
      const found = await sns.store.execute(listEndpoints, { application, after, limit: PAGE_SIZE + 1 })
      const { shown, last } = pageOf(found, PAGE_SIZE)
      return {
        Endpoints: shown.map((endpoint) => ({
          EndpointArn: endpoint.arn,
          Attributes: shownEndpointAttributes(attributesOf(endpoint)),
        })),
        NextToken: last && encodeNextToken(listing, String(last.id)),
      }
    },
  }) satisfies PartialHandlers<SNS>

function requireAttributes(attributes: Readonly<Record<string, string>> | undefined): void {
  if (Object.keys(attributes ?? {}).length === 0) throw missingMembers(['Attributes'])
}

/** For the events that an application may have asked for. */
async function occasion(sns: SnsContext, caller: Caller): Promise<Occasion> {
  const { keyId } = await sns.signing.current()
  return { origin: originFor(sns, caller), keyId }
}
