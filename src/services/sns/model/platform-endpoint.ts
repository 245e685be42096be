/** Platform endpoints, the devices of an application: their attributes. */
import { endpointHasOtherAttributes } from '../errors.ts'
import type { GivenAttributes } from './attribute-checks.ts'
import { booleanFault, invalidAttributeName, invalidAttributeValue } from './platform-application.ts'

export interface EndpointAttributes {
  readonly Token: string
  readonly Enabled: 'true' | 'false'
  /** Empty if there are none. */
  readonly CustomUserData: string
}

const MAX_USER_DATA_BYTES = 2048
/** Longer than any platform's tokens, and short enough for an index. */
const MAX_TOKEN_BYTES = 2048

/** What is wrong with a value; undefined if nothing is. */
const faults: { readonly [N in keyof EndpointAttributes]: (text: string) => string | undefined } = {
  Token(text) {
    if (text === '') return 'cannot be empty'
    if (/\p{Cc}/u.test(text)) return 'must not contain control characters'
    return tooLong(text, MAX_TOKEN_BYTES)
  },
  Enabled: booleanFault,
  CustomUserData: (text) =>
    text.includes('\0') ? 'must not contain the character #x0' : tooLong(text, MAX_USER_DATA_BYTES),
}

const tooLong = (text: string, maxBytes: number) =>
  Buffer.byteLength(text) > maxBytes ? `must be at most ${maxBytes} bytes long in UTF-8 encoding` : undefined

const isName = (name: string): name is keyof EndpointAttributes => Object.hasOwn(faults, name)

/** The attributes given to an endpoint, each checked. Throws InvalidParameter. */
export function parseEndpointAttributes(given: GivenAttributes): Partial<EndpointAttributes> {
  const parsed: Partial<Record<keyof EndpointAttributes, string>> = {}
  for (const [name, text = ''] of Object.entries(given)) {
    if (!isName(name)) throw invalidAttributeName(name)
    const fault = faults[name](text)
    if (fault !== undefined) throw invalidAttributeValue(name, fault)
    parsed[name] = name === 'Enabled' ? text.toLowerCase() : text
  }
  return parsed as Partial<EndpointAttributes>
}

export type AskedEndpoint = Partial<EndpointAttributes> & Pick<EndpointAttributes, 'Token'>

/** What a CreatePlatformEndpoint asks for. Attributes go before the parameters of the same name. Throws InvalidParameter. */
export function askedEndpointAttributes(
  token: string,
  customUserData: string | undefined,
  attributes: GivenAttributes = {},
): AskedEndpoint {
  const given = customUserData === undefined ? {} : { CustomUserData: customUserData }
  const asked = parseEndpointAttributes({ Token: token, ...given, ...attributes })
  return { ...asked, Token: asked.Token as string }
}

/** The attributes of a new endpoint. */
export const newEndpoint = (asked: AskedEndpoint): EndpointAttributes => ({
  Enabled: 'true',
  CustomUserData: '',
  ...asked,
})

/**
 * For a CreatePlatformEndpoint that finds its token registered: throws InvalidParameter unless the endpoint is as it was
 * asked for. What wasn't asked for doesn't count, so that an application can look up a device that was disabled.
 */
export function checkSameEndpoint(
  endpointArn: string,
  current: EndpointAttributes,
  asked: Partial<EndpointAttributes>,
): void {
  for (const [name, text] of Object.entries(asked)) {
    if (current[name as keyof EndpointAttributes] !== text) throw endpointHasOtherAttributes(endpointArn)
  }
}

/** What GetEndpointAttributes shows. */
export function shownEndpointAttributes({
  Enabled,
  Token,
  CustomUserData,
}: EndpointAttributes): Record<string, string> {
  return CustomUserData === '' ? { Enabled, Token } : { Enabled, Token, CustomUserData }
}
