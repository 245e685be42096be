/**
 * Data protection policies: what of the sensitive data in messages is hidden, reported or refused, on the way into a
 * topic (by who publishes) and on the way out of it (by who subscribed).
 *
 * What counts is the text of a message, not its subject or attributes. If it is JSON, it stays so: what is looked at are
 * its strings, names of members included, and its numbers, each by itself; a number in which something is hidden becomes
 * a string. Everything else of the text is left as it was written.
 *
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { JsonObject } from '../../../kernel/json-object.ts'
import type { DataIdentifier } from './data-identifiers.ts'
import { timestamp } from './envelope.ts'
import type { Span } from './span.ts'

export type DataDirection = 'Inbound' | 'Outbound'

export type ProtectionOperation =
  /** Reports a sample of messages: `sampleRate` percent. */
  | {
      readonly type: 'audit'
      readonly sampleRate: number
      readonly findingsDestination?: JsonObject
      readonly noFindingsDestination?: JsonObject
    }
  /** Hides data: each character becomes the mask, or nothing if that is empty. */
  | { readonly type: 'deidentify'; readonly mask: string }
  | { readonly type: 'deny' }

export interface ProtectionStatement {
  readonly direction: DataDirection
  /** ARNs, or `*` for everybody. */
  readonly principals: readonly string[]
  readonly identifiers: readonly DataIdentifier[]
  readonly operation: ProtectionOperation
}

/** See `parseDataProtectionPolicy`. */
export interface DataProtectionPolicy {
  readonly statements: readonly ProtectionStatement[]
}

/** A message on its way through a topic. */
export interface Passage {
  readonly direction: DataDirection
  /** Inbound, the publisher's; outbound, the subscriber's. */
  readonly principalArn: string
  readonly text: string
  /** From 0 to less than 1: decides whether the message is in a sample. */
  readonly random: number
}

export interface Finding {
  readonly name: string
  /** In characters of the text as it arrived. */
  readonly detections: readonly Span[]
}

export interface Audit {
  /** Where the policy wants it: that for findings, or that for none. */
  readonly destination: JsonObject
  /** Empty if nothing was found. */
  readonly findings: readonly Finding[]
}

export interface ProtectedMessage {
  /** A publish is refused; a delivery fails for good. */
  readonly denied: boolean
  readonly text: string
  readonly audit?: Audit
}

/** What a policy makes of a message. All of its statements see the text as it arrived. */
export function protect({ statements }: DataProtectionPolicy, passage: Passage): ProtectedMessage {
  const { text } = passage
  const applying = statements.filter((statement) => applies(statement, passage))
  if (applying.length === 0) return { denied: false, text }
  const tokens = tokensOf(text)
  const audit = auditOf(applying, tokens, passage.random)
  const denied = applying.some(({ operation, identifiers }) => operation.type === 'deny' && isIn(tokens, identifiers))
  return { denied, text: denied ? text : deidentify(text, tokens, applying), audit }
}

/** The root of an account stands for everybody in it. */
function applies({ direction, principals }: ProtectionStatement, passage: Passage): boolean {
  const root = passage.principalArn.replace(/^(arn:[^:]*):[^:]*:[^:]*:([^:]*):.*$/s, '$1:iam::$2:root')
  return (
    direction === passage.direction &&
    principals.some((principal) => principal === '*' || principal === passage.principalArn || principal === root)
  )
}

const isIn = (tokens: readonly Token[], identifiers: readonly DataIdentifier[]): boolean =>
  tokens.some(({ value }) => identifiers.some((identifier) => identifier.find(value).length > 0))

function auditOf(
  statements: readonly ProtectionStatement[],
  tokens: readonly Token[],
  random: number,
): Audit | undefined {
  for (const { operation, identifiers } of statements) {
    if (operation.type !== 'audit' || random * 100 >= operation.sampleRate) continue
    const findings = findingsOf(tokens, identifiers)
    const destination = findings.length > 0 ? operation.findingsDestination : operation.noFindingsDestination
    return destination && { destination, findings }
  }
  return undefined
}

function findingsOf(tokens: readonly Token[], identifiers: readonly DataIdentifier[]): Finding[] {
  const findings = identifiers.map((identifier) => ({
    name: identifier.name,
    detections: tokens.flatMap((token) => identifier.find(token.value).map((span) => inText(token, span))),
  }))
  return findings.filter(({ detections }) => detections.length > 0)
}

/** Who is told of a message, and which. */
export interface Audited {
  readonly messageId: string
  readonly topicArn: string
  readonly principalArn: string
  readonly at: Millis
}

/** The record of an audit, as JSON. */
export const auditRecord = ({ messageId, topicArn, principalArn, at }: Audited, { findings }: Audit): string =>
  JSON.stringify({
    messageId,
    auditTimestamp: timestamp(at),
    callerPrincipal: principalArn,
    resourceArn: topicArn,
    dataIdentifiers: findings.map(({ name, detections }) => ({ name, count: detections.length, detections })),
  })

// Hiding

interface Edit extends Span {
  readonly mask: string
}

function deidentify(text: string, tokens: readonly Token[], statements: readonly ProtectionStatement[]): string {
  let result = ''
  let done = 0
  for (const token of tokens) {
    const edits = editsOf(token.value, statements)
    if (edits.length === 0) continue
    const value = edited(token.value, edits)
    result += text.slice(done, token.start) + (token.type === 'plain' ? value : JSON.stringify(value))
    done = token.end
  }
  return result + text.slice(done)
}

/** In order. Where two overlap, the first goes on to the end of the second. */
function editsOf(value: string, statements: readonly ProtectionStatement[]): Edit[] {
  const edits: Edit[] = []
  for (const { operation, identifiers } of statements) {
    if (operation.type !== 'deidentify') continue
    const { mask } = operation
    for (const identifier of identifiers) {
      for (const { start, end } of identifier.find(value)) edits.push({ start, end, mask })
    }
  }
  return edits.sort((a, b) => a.start - b.start)
}

function edited(value: string, edits: readonly Edit[]): string {
  let result = ''
  let done = 0
  for (const { start, end, mask } of edits) {
    if (end <= done) continue
    result += value.slice(done, Math.max(done, start)) + mask.repeat(end - Math.max(done, start))
    done = end
  }
  return result + value.slice(done)
}

// Texts and their tokens

/** A part of the text that is looked at by itself. */
interface Token extends Span {
  readonly type: 'plain' | 'string' | 'number'
  /** What it stands for: of a string, without its quotes and escapes. */
  readonly value: string
  readonly source: string
}

/** Strings and numbers; the rest of a JSON text can't be mistaken for them. */
const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/** A text that is a JSON number by chance is plain. */
function tokensOf(text: string): Token[] {
  if (!isJson(text)) return [{ type: 'plain', start: 0, end: text.length, value: text, source: text }]
  return [...text.matchAll(JSON_TOKEN)].map(({ 0: source, index: start }): Token => {
    const place = { start, end: start + source.length, source }
    return source.startsWith('"')
      ? { ...place, type: 'string', value: JSON.parse(source) as string }
      : { ...place, type: 'number', value: source }
  })
}

function isJson(text: string): boolean {
  if (!/^\s*["[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Where a part of a token's value stands in the text. */
function inText(token: Token, { start, end }: Span): Span {
  if (token.type !== 'string') return { start: token.start + start, end: token.start + end }
  return { start: token.start + sourceOffset(token, start), end: token.start + sourceOffset(token, end) }
}

/** Where in a string's source the character of this number begins: an escape stands for one. */
function sourceOffset({ source, value }: Token, character: number): number {
  if (source.length === value.length + 2) return character + 1
  const characters = source.slice(1, -1).match(/\\u.{4}|\\.|./gs) ?? []
  return characters.slice(0, character).reduce((offset, { length }) => offset + length, 1)
}
