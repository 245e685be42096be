/**
 * Assertions of SAML 2.0, as far as they can be read without their provider: whom they are about, which roles they name,
 * and how long they hold. That a provider has signed them is verified in `enforce` mode, which is designed.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 */
import { createHash } from 'node:crypto'
import { parseArn } from '../../../kernel/arn.ts'
import { assertionExpired, badNameFromProvider, invalidIdentityToken } from '../errors.ts'
import type { RequestedTags } from './session-tags.ts'
import { find, findAll, parseXml, type XmlElement } from './xml.ts'

export interface Assertion extends RequestedTags {
  readonly issuer: string
  readonly subject: string
  readonly subjectType: string
  /** Where it was sent: the recipient. */
  readonly audience: string
  readonly sessionName: string
  /** Pairs of a role's ARN and a provider's, in one order or the other. */
  readonly roles: readonly string[]
  readonly sourceIdentity: string | undefined
  /** Undefined if it says nothing about it. */
  readonly durationSeconds: number | undefined
  /** In milliseconds since the epoch. */
  readonly sessionEndsAt: number | undefined
}

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/'
const NAME = /^[\w+=,.@-]{2,64}$/
/** How far the clocks of a provider and of the node may differ. */
const LEEWAY_MS = 60_000

/** Throws `InvalidIdentityToken` and `ExpiredTokenException`. `now` in milliseconds since the epoch. */
export function readAssertion(base64: string, now: number): Assertion {
  const assertion = assertionIn(base64)
  const confirmation = find(assertion, 'SubjectConfirmationData')?.attributes
  const audience = confirmation?.get('Recipient')
  if (audience === undefined) throw invalidIdentityToken('Response does not contain the required audience.')
  const conditions = find(assertion, 'Conditions')?.attributes
  for (const end of [confirmation?.get('NotOnOrAfter'), conditions?.get('NotOnOrAfter')]) {
    if (now >= (timeOf(end) ?? now) + LEEWAY_MS) throw assertionExpired()
  }
  const nameId = find(assertion, 'NameID')
  const issuer = assertion.children.find(({ name }) => name === 'Issuer')?.text.trim()
  if (nameId === undefined || !issuer) throw invalidResponse()
  return {
    issuer,
    audience,
    subject: nameId.text.trim(),
    subjectType: (nameId.attributes.get('Format') ?? '').replace(/^urn:oasis:names:tc:SAML:2\.0:nameid-format:/, ''),
    sessionEndsAt: timeOf(find(assertion, 'AuthnStatement')?.attributes.get('SessionNotOnOrAfter')),
    ...attributesOf(assertion),
  }
}

function assertionIn(base64: string): XmlElement {
  const letters = base64.replace(/\s+/g, '') // it comes in lines from some providers
  const text = /^[A-Za-z0-9+/]*={0,2}$/.test(letters) ? Buffer.from(letters, 'base64').toString() : ''
  if (text === '') throw invalidIdentityToken('Invalid base64 SAMLResponse')
  const root = parseXml(text.trim())
  const assertion = root?.name === 'Assertion' ? root : root && find(root, 'Assertion')
  if (assertion === undefined) throw invalidResponse()
  return assertion
}

function attributesOf(assertion: XmlElement) {
  const values = new Map<string, string[]>()
  for (const { attributes, children } of findAll(assertion, 'Attribute')) {
    const name = attributes.get('Name')
    const texts = children.filter((child) => child.name === 'AttributeValue').map(({ text }) => text.trim())
    if (name?.startsWith(ATTRIBUTES)) values.set(name.slice(ATTRIBUTES.length), texts)
  }
  const sessionName = values.get('RoleSessionName')?.[0]
  if (sessionName === undefined) throw invalidIdentityToken('RoleSessionName is required in AuthnResponse')
  if (!NAME.test(sessionName)) throw badNameFromProvider('RoleSessionName in AuthnResponse')
  const sourceIdentity = values.get('SourceIdentity')?.[0]
  if (sourceIdentity !== undefined && !NAME.test(sourceIdentity)) throw badNameFromProvider('Source Identity')
  const seconds = values.get('SessionDuration')?.[0]
  return {
    sessionName,
    sourceIdentity,
    roles: values.get('Role') ?? [],
    durationSeconds: seconds === undefined ? undefined : durationOf(seconds),
    tags: [...values].flatMap(([name, [Value = '']]) =>
      name.startsWith(TAG) ? [{ Key: name.slice(TAG.length), Value }] : [],
    ),
    transitiveTagKeys: values.get('TransitiveTagKeys') ?? [],
  }
}

const TAG = 'PrincipalTag:'

function durationOf(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= 900 && seconds <= 43_200) return seconds
  throw invalidIdentityToken('SessionDuration in AuthnResponse must be between 900 and 43200')
}

function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** Whether the assertion lets its subject assume the role by way of the provider. */
export const namesRole = ({ roles }: Assertion, roleArn: string, providerArn: string): boolean =>
  roles.some((pair) => {
    const arns = pair.split(',').map((arn) => arn.trim())
    return arns.length === 2 && arns.includes(roleArn) && arns.includes(providerArn)
  })

/** With the subject, identifies a user: a hash of the issuer, and of the provider's account and name. */
export function nameQualifier({ issuer }: Assertion, providerArn: string): string {
  const { accountId = '', resource = '' } = parseArn(providerArn) ?? {}
  const name = resource.slice(resource.lastIndexOf('/'))
  return createHash('sha1').update(`${issuer}${accountId}${name}`).digest('base64')
}

const invalidResponse = () => invalidIdentityToken('Your request included an invalid SAML response.')
