/** Policies that a caller passes to narrow what a session may do: their form, and the room that they take in a token. */
import { deflateRawSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../../../kernel/json-object.ts'
import type { Session } from '../../../kernel/kernel.ts'
import { malformedPolicy, packedPolicyTooLarge } from '../errors.ts'

const DOCUMENT_MEMBERS = new Set(['Version', 'Id', 'Statement'])
const STATEMENT_MEMBERS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'])

/** Policies write a list of one as the bare value. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])
const isTexts = (value: unknown): boolean => listOf(value).every((item) => typeof item === 'string')
const hasOnly = (object: JsonObject, members: ReadonlySet<string>) =>
  Object.keys(object).every((name) => members.has(name))

/** Throws `MalformedPolicyDocument` unless the text is a policy for a session. */
export function checkSessionPolicy(text: string): void {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw malformedPolicy('This policy contains invalid Json')
  }
  if (!isJsonObject(policy) || !hasOnly(policy, DOCUMENT_MEMBERS) || policy.Statement === undefined) throw syntaxError()
  if (policy.Version !== undefined && policy.Version !== '2012-10-17' && policy.Version !== '2008-10-17') {
    throw syntaxError()
  }
  const statements = listOf(policy.Statement)
  for (const statement of statements) checkStatement(statement)
  const ids = statements.flatMap((statement) => (statement as JsonObject).Sid ?? [])
  if (new Set(ids).size < ids.length) throw malformedPolicy('Statement IDs (SID) in a single policy must be unique.')
}

function checkStatement(statement: unknown): void {
  if (!isJsonObject(statement)) throw syntaxError()
  const { Sid, Effect, Action, NotAction, Resource, NotResource, Condition } = statement
  if ('Principal' in statement || 'NotPrincipal' in statement) {
    throw malformedPolicy('Policy document should not specify a principal.')
  }
  if (!hasOnly(statement, STATEMENT_MEMBERS)) throw syntaxError()
  if (Sid !== undefined && typeof Sid !== 'string') throw syntaxError()
  if (Effect !== 'Allow' && Effect !== 'Deny') throw syntaxError()
  if (Condition !== undefined && !isJsonObject(Condition)) throw syntaxError()
  requireOne(Action, NotAction, 'Policy statement must contain actions.')
  requireOne(Resource, NotResource, 'Policy statement must contain resources.')
}

function requireOne(value: unknown, negated: unknown, missing: string): void {
  if (value !== undefined && negated !== undefined) throw syntaxError()
  const given = value ?? negated
  if (given === undefined || listOf(given).length === 0) throw malformedPolicy(missing)
  if (!isTexts(given)) throw syntaxError()
}

const syntaxError = () => malformedPolicy('Syntax errors in policy.')

/** As much as makes the sizes those that were recorded; in a token of 4,096 characters there is more. */
const ALLOTTED_BYTES = 1000

/**
 * How much of the room for policies and tags a session's take, in percent. Throws `PackedPolicyTooLarge` for more than 100.
 */
export function packedPercent({ policy, policyArns, tags }: Pick<Session, 'policy' | 'policyArns' | 'tags'>): number {
  if (policy === undefined && policyArns === undefined && Object.keys(tags).length === 0) return 0
  const { length } = deflateRawSync(JSON.stringify([policy, policyArns, tags]))
  const percent = Math.ceil((100 * length) / ALLOTTED_BYTES)
  if (percent > 100) throw packedPolicyTooLarge(percent)
  return percent
}
