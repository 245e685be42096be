/**
 * The Policy attribute as a document: its limits, and the edits of AddPermission and RemovePermission.
 * What a policy means is decided where requests are authorised, not here.
 */

import { isAccountId } from '../../../kernel/arn.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidAttributeValue, invalidParameter, missingParameter, modelled } from '../errors.ts'

const MAX_BYTES = 8192
const MAX_STATEMENTS = 20
const MAX_PRINCIPALS = 50
const MAX_CONDITIONS = 10
const MAX_ACTIONS = 7

const overLimit = (message: string) => modelled('OverLimit', message)
const tooManyActions = (count: number) => overLimit(`${count} Actions were found, maximum allowed is ${MAX_ACTIONS}.`)

/** Policies write a list of one as the bare value. */
const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** The same shape with `change` made to each item: a bare value stays bare. */
const mapList = (value: unknown, change: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(change) : value === undefined ? undefined : change(value)

/** Throws unless `text` may become a queue's Policy: InvalidAttributeValue for its form, OverLimit for its size. */
export function checkPolicy(text: string): void {
  const policy = Buffer.byteLength(text) <= MAX_BYTES ? parseJsonObject(text) : undefined
  const statements = listOf(policy?.Statement)
  if (statements.length === 0 || !statements.every(isStatement)) throw invalidAttributeValue('Policy')
  if (statements.length > MAX_STATEMENTS) {
    throw overLimit(
      `${statements.length} statements were found in the submitted policy, max allowed is ${MAX_STATEMENTS}`,
    )
  }
  for (const statement of statements) {
    const actions = listOf(statement.Action).length
    if (actions > MAX_ACTIONS) throw tooManyActions(actions)
  }
  if (total(statements, principals) > MAX_PRINCIPALS || total(statements, conditions) > MAX_CONDITIONS) {
    throw invalidAttributeValue('Policy')
  }
}

const total = (statements: readonly JsonObject[], count: (statement: JsonObject) => number) =>
  statements.reduce((sum, statement) => sum + count(statement), 0)

/** The text to keep: as it was written, but for principals that are bare account ids. Throws as `checkPolicy` does. */
export function storedPolicy(text: string): string {
  checkPolicy(text)
  return withPrincipalArns(text)
}

/** A policy whose principals are ARNs where they were bare account ids; any other text as it is. */
export function withPrincipalArns(text: string): string {
  const policy = parseJsonObject(text)
  if (policy === undefined) return text
  let changed = false
  const toArn = (principal: unknown) => {
    if (typeof principal !== 'string' || !isAccountId(principal)) return principal
    changed = true
    return rootArn(principal)
  }
  const spellOut = (principal: unknown) =>
    isJsonObject(principal) ? { ...principal, AWS: mapList(principal.AWS, toArn) } : principal
  const Statement = mapList(policy.Statement, (statement) =>
    isJsonObject(statement)
      ? { ...statement, ...mapMembers(statement, ['Principal', 'NotPrincipal'], spellOut) }
      : statement,
  )
  return changed ? JSON.stringify({ ...policy, Statement }) : text
}

/** Those of the members that the object has, changed. */
const mapMembers = (object: JsonObject, names: readonly string[], change: (value: unknown) => unknown): JsonObject =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(object, name)).map((name) => [name, change(object[name])]))

const rootArn = (accountId: string) => `arn:aws:iam::${accountId}:root`

function isStatement(statement: unknown): statement is JsonObject {
  if (!isJsonObject(statement)) return false
  const has = (member: string) => (statement[member] ?? undefined) !== undefined
  return (
    (statement.Effect === 'Allow' || statement.Effect === 'Deny') &&
    (has('Action') || has('NotAction')) &&
    (has('Principal') || has('NotPrincipal')) &&
    [statement.Principal, statement.NotPrincipal].every(isPrincipal) &&
    listOf(statement.Action).every((action) => typeof action === 'string')
  )
}

const PRINCIPAL_TYPES = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])

/** `"*"`, or lists of texts by their type. One that is absent is no fault of its own. */
function isPrincipal(principal: unknown): boolean {
  if (principal === undefined || principal === null || principal === '*') return true
  if (!isJsonObject(principal)) return false
  const types = Object.entries(principal)
  return (
    types.length > 0 &&
    types.every(([type, value]) => {
      const names = listOf(value)
      const isName = type === 'AWS' ? isAwsPrincipal : (name: unknown) => typeof name === 'string' && name !== ''
      return PRINCIPAL_TYPES.has(type) && names.length > 0 && names.every(isName)
    })
  )
}

const PRINCIPAL_ARN = /^arn:[\w-]+:(iam|sts)::[\w-]*:./
/** What is left of a principal that was deleted: `AIDAEXAMPLE`. */
const UNIQUE_ID = /^A[A-Z0-9]{15,127}$/

/** Everybody, an account, an IAM or STS ARN, or a unique id. */
const isAwsPrincipal = (name: unknown): boolean =>
  typeof name === 'string' && (name === '*' || isAccountId(name) || PRINCIPAL_ARN.test(name) || UNIQUE_ID.test(name))

/** `"*"` counts as one, `{"AWS": […], "Service": …}` as many as it lists. */
const principals = ({ Principal: principal }: JsonObject) =>
  isJsonObject(principal) ? Object.values(principal).flatMap(listOf).length : listOf(principal).length

/** One for each key tested: `{"ArnLike": {"aws:SourceArn": …}}` is one condition. */
const conditions = ({ Condition: condition }: JsonObject) =>
  isJsonObject(condition) ? Object.values(condition).flatMap((test) => Object.keys(test ?? {})).length : 0

const GRANTABLE = new Set([
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
])

const OWNER_ONLY = new Set([
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueues',
  'ListQueueTags',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
])

const LABEL = /^[\w-]{1,80}$/
const invalidLabel = (label: string, reason: string) => invalidParameter('Label', label, reason)

export interface Permission {
  /** The statement's Sid. */
  readonly label: string
  readonly accountIds: readonly string[]
  /** Without a prefix: `SendMessage`, `*`. */
  readonly actions: readonly string[]
}

/** Throws what is wrong with the arguments of AddPermission, whatever the queue's policy. */
export function checkPermission({ label, accountIds, actions }: Permission): void {
  if (!LABEL.test(label)) {
    throw invalidLabel(label, 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  }
  if (actions.length === 0) throw missingParameter('Actions')
  if (actions.length > MAX_ACTIONS) throw tooManyActions(actions.length)
  for (const action of actions) {
    const refused = (reason: string) => invalidParameter('ActionName', `SQS:${action}`, reason)
    if (OWNER_ONLY.has(action)) throw refused('Only the queue owner is allowed to invoke this action.')
    if (!GRANTABLE.has(action)) throw refused('Please refer to the appropriate WSDL for a list of valid actions.')
  }
  if (accountIds.length === 0 || !accountIds.every(isAccountId)) {
    throw invalidParameter('PrincipalId', `[${accountIds.join(', ')}]`, 'Unable to verify.')
  }
}

const statementsOf = (policy: JsonObject) => listOf(policy.Statement) as readonly JsonObject[]
const sole = (list: readonly string[]) => (list.length === 1 ? list[0] : list)

/** The queue's policy with one statement more. `policyText` and the permission must have passed their checks. */
export function addPermission(policyText: string | undefined, queueArn: string, permission: Permission): string {
  const { label, accountIds, actions } = permission
  const policy = parseJsonObject(policyText ?? '') ?? { Version: '2008-10-17', Id: `${queueArn}/SQSDefaultPolicy` }
  const statements = statementsOf(policy)
  if (statements.some(({ Sid }) => Sid === label)) throw invalidLabel(label, 'Already exists.')
  if (statements.length >= MAX_STATEMENTS) {
    throw overLimit(`${statements.length + 1} Statements were found, maximum allowed is ${MAX_STATEMENTS}.`)
  }
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: sole(accountIds.map(rootArn)) },
    Action: sole(actions.map((action) => `SQS:${action}`)),
    Resource: queueArn,
  }
  if (total([...statements, statement], principals) > MAX_PRINCIPALS) {
    throw overLimit(`The policy would have more than ${MAX_PRINCIPALS} principals.`)
  }
  const text = JSON.stringify({ ...policy, Statement: [...statements, statement] })
  if (Buffer.byteLength(text) > MAX_BYTES) throw overLimit(`The policy would be longer than ${MAX_BYTES} bytes.`)
  return text
}

/** The policy without the statement of that label; undefined when no statement is left. */
export function removePermission(policyText: string | undefined, label: string): string | undefined {
  const policy = parseJsonObject(policyText ?? '') ?? {}
  const statements = statementsOf(policy)
  const left = statements.filter(({ Sid }) => Sid !== label)
  if (left.length === statements.length) throw invalidLabel(label, "can't find label.")
  return left.length === 0 ? undefined : JSON.stringify({ ...policy, Statement: left })
}
