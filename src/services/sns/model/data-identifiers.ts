/**
 * Data identifiers: what sensitive data looks like. The managed ones, of AWS's names, and those that a policy defines.
 *
 * A managed identifier is found by its form alone, also where AWS asks for a keyword nearby (`phone`, `card number`):
 * rather a number too many is hidden than one too few. Names, addresses and most national numbers can't be told by their
 * form; such identifiers are not implemented, and policies that name them are refused.
 *
 * Every expression here begins where a word or number begins, and has a bounded length or only one way to match: none
 * can be made slow by a text.
 */
import { isIPv6 } from 'node:net'
import { compilePattern } from './custom-pattern.ts'
import { mergeSpans, type Span } from './span.ts'

export interface DataIdentifier {
  readonly name: string
  /** The parts of a text that are such data, in order, none overlapping another. */
  find(text: string): Span[]
}

/** An identifier of a policy's own. Throws `PatternRefused`. */
export const customIdentifier = (name: string, regex: string): DataIdentifier => ({ name, find: compilePattern(regex) })

/** By its name, without the ARN's beginning; undefined if it isn't implemented. */
export function managedIdentifier(name: string): DataIdentifier | undefined {
  const find = Object.hasOwn(FINDERS, name) ? FINDERS[name] : undefined
  return find && { name, find }
}

type Finder = DataIdentifier['find']

const byPattern =
  (pattern: RegExp, isOne: (found: string) => boolean = () => true): Finder =>
  (text) => {
    const spans: Span[] = []
    for (const { 0: found, index: start } of text.matchAll(pattern)) {
      if (isOne(found)) spans.push({ start, end: start + found.length })
    }
    return spans
  }

const EMAIL_ADDRESS =
  /(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.){1,20}[a-z]{2,63}(?![a-z\d-])/gi

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4 = new RegExp(`(?<![\\w.])(?:${OCTET}\\.){3}${OCTET}(?!\\w|\\.\\w)`, 'g')
/** Runs of what IPv6 addresses are made of; `isIPv6` has the rules. */
const IPV6_RUN = /(?<![\w:.])[\da-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])/gi

const findIpv4 = byPattern(IPV4)
const findIpv6 = byPattern(IPV6_RUN, (found) => found !== '::' && isIPv6(found))

/** An IPv6 address may end in the form of an IPv4 one. */
const findIpAddress: Finder = (text) => mergeSpans([...findIpv6(text), ...findIpv4(text)])

/** Groups of digits with single blanks or hyphens between them, long enough for a card's number. */
const DIGIT_GROUPS = /(?<![\w.+])\d(?:[ -]?\d){12,}/g
/** 13 to 19 digits, the first of which is the kind of issuer. */
const CARD_NUMBER = /^[2-6]\d{12,18}$/
const MAX_CARD_GROUPS = 19

/** Numbers of cards begin and end with a group: others, such as the date of expiry, may stand before and after them. */
const findCardNumbers: Finder = (text) => {
  const spans: Span[] = []
  for (const { 0: run, index: at } of text.matchAll(DIGIT_GROUPS)) {
    if (/^\w/.test(text.slice(at + run.length))) continue
    const groups = [...run.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, start: at + index }))
    for (let first = 0; first < groups.length; first += 1) {
      const count = longestCard(groups.slice(first, first + MAX_CARD_GROUPS).map(({ digits }) => digits))
      const last = groups[first + count - 1]
      if (count === 0 || last === undefined) continue
      spans.push({ start: groups[first]?.start as number, end: last.start + last.digits.length })
      first += count - 1
    }
  }
  return spans
}

/** How many of these groups, from the first, are the number of a card. */
function longestCard(groups: readonly string[]): number {
  for (let count = groups.length; count > 0; count -= 1) {
    const digits = groups.slice(0, count).join('')
    if (CARD_NUMBER.test(digits) && passesLuhn(digits)) return count
  }
  return 0
}

/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B). */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (const [place, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** How a country's numbers are written: its code, what is dialled before a number at home, and the number itself. */
interface NumberingPlan {
  readonly countryCode: string
  readonly trunkPrefix: string
  readonly firstDigit: string
  /** How many follow the first. */
  readonly moreDigits: string
}

/** Digits with single separators, or a pair around brackets: `+44 (0)20 7946 0958`, `(030) 123456`, `030/12 34 56`. */
function phoneNumbers({ countryCode, trunkPrefix, firstDigit, moreDigits }: NumberingPlan): Finder {
  const abroad = `(?:\\+|00)${countryCode}[ .-]?(?:\\(0\\)[ .-]?)?`
  const pattern = `(?<![\\w+]|\\d[.-])(?:${abroad}|\\(?${trunkPrefix})\\(?${firstDigit}(?:[ ./()-]{0,2}\\d){${moreDigits}}(?!\\w|[.-]\\d)`
  return byPattern(new RegExp(pattern, 'g'))
}

/** North American numbers: area codes and exchanges don't begin with 0 or 1. */
const PHONE_NUMBER_US =
  /(?<![\w+]|\d[.-])(?:(?:\+|00)?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-]?)[2-9]\d{2}[ .-]?\d{4}(?!\w|[.-]\d)/g

const FINDERS: Readonly<Record<string, Finder>> = {
  CreditCardNumber: findCardNumbers,
  EmailAddress: byPattern(EMAIL_ADDRESS),
  IpAddress: findIpAddress,
  'PhoneNumber-BR': phoneNumbers({ countryCode: '55', trunkPrefix: '0?', firstDigit: '[1-9]', moreDigits: '9,10' }),
  'PhoneNumber-DE': phoneNumbers({ countryCode: '49', trunkPrefix: '0', firstDigit: '[1-9]', moreDigits: '6,10' }),
  'PhoneNumber-ES': phoneNumbers({ countryCode: '34', trunkPrefix: '', firstDigit: '[6-9]', moreDigits: '8' }),
  'PhoneNumber-FR': phoneNumbers({ countryCode: '33', trunkPrefix: '0', firstDigit: '[1-9]', moreDigits: '8' }),
  'PhoneNumber-GB': phoneNumbers({ countryCode: '44', trunkPrefix: '0', firstDigit: '[1-9]', moreDigits: '8,9' }),
  'PhoneNumber-IT': phoneNumbers({ countryCode: '39', trunkPrefix: '', firstDigit: '[03]', moreDigits: '7,10' }),
  'PhoneNumber-US': byPattern(PHONE_NUMBER_US),
}
