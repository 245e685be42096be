/** The text of a data protection policy: its form, and what is refused of it. What a policy does: data-protection.ts. */

import { isJsonObject, type JsonObject } from '../../../kernel/json-object.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { invalidParameter } from '../errors.ts'
import { PatternRefused } from './custom-pattern.ts'
import { customIdentifier, type DataIdentifier, managedIdentifier } from './data-identifiers.ts'
import type {
  DataDirection,
  DataProtectionPolicy,
  ProtectionOperation,
  ProtectionStatement,
} from './data-protection.ts'
import { parseJson } from './json-object.ts'

const MAX_LENGTH = 30_720
const VERSION = '2021-06-01'
const MAX_CUSTOM_IDENTIFIERS = 10
const MAX_SAMPLE_RATE = 99

/** SNS's own sentences are not on record. */
const refused = (reason: string) => invalidParameter(`DataProtectionPolicy Reason: ${reason}`)

const notImplemented = (identifier: string) =>
  new ServiceError('NotImplemented', `The data identifier ${identifier} is not implemented.`, { status: 501 })

/**
 * Compiles the text of a policy; the empty one, undefined, stands for none. Throws InvalidParameter for its form, and
 * NotImplemented for a managed data identifier that isn't built, by its name.
 */
export function parseDataProtectionPolicy(text: string): DataProtectionPolicy | undefined {
  if (text === '') return undefined
  if (text.length > MAX_LENGTH) throw refused(`The policy must not be longer than ${MAX_LENGTH} characters`)
  const { Name, Description, Version, Statement, Configuration } = members(
    parseJson(text, refused),
    'The policy',
    ['Name', 'Version', 'Statement'],
    ['Description', 'Configuration'],
  )
  requireString(Name, 'Name')
  if (Description !== undefined) requireString(Description, 'Description')
  if (Version !== VERSION) throw refused(`Version must be ${VERSION}`)
  const custom = parseConfiguration(Configuration)
  const statements = listOf(Statement, 'Statement').map((statement, i) =>
    parseStatement(statement, `Statement[${i}]`, custom),
  )
  if (statements.filter(({ operation }) => operation.type === 'audit').length > 1) {
    throw refused('The policy must not have more than one statement with the operation Audit')
  }
  return { statements }
}

function parseStatement(
  value: unknown,
  path: string,
  custom: ReadonlyMap<string, DataIdentifier>,
): ProtectionStatement {
  const { Sid, DataDirection, Principal, DataIdentifier, Operation } = members(
    value,
    path,
    ['DataDirection', 'Principal', 'DataIdentifier', 'Operation'],
    ['Sid'],
  )
  if (Sid !== undefined) requireString(Sid, `${path}.Sid`)
  if (DataDirection !== 'Inbound' && DataDirection !== 'Outbound') {
    throw refused(`${path}.DataDirection must be Inbound or Outbound`)
  }
  return {
    direction: DataDirection,
    principals: stringsOf(Principal, `${path}.Principal`),
    identifiers: stringsOf(DataIdentifier, `${path}.DataIdentifier`).map((name) => identifierOf(name, path, custom)),
    operation: parseOperation(Operation, `${path}.Operation`, DataDirection),
  }
}

/** Also in the form of a region's own. */
const MANAGED = /^arn:[\w-]+:dataprotection:(?::aws|[a-z\d-]+:):data-identifier\/(?<name>[\w-]+)$/

function identifierOf(text: string, path: string, custom: ReadonlyMap<string, DataIdentifier>): DataIdentifier {
  const name = MANAGED.exec(text)?.groups?.name
  if (name !== undefined) {
    const managed = managedIdentifier(name)
    if (managed === undefined) throw notImplemented(name)
    return managed
  }
  const own = custom.get(text)
  if (own === undefined) throw refused(`${path}.DataIdentifier ${text} is not a data identifier`)
  return own
}

function parseConfiguration(value: unknown): Map<string, DataIdentifier> {
  const custom = new Map<string, DataIdentifier>()
  if (value === undefined) return custom
  const { CustomDataIdentifier } = members(value, 'Configuration', ['CustomDataIdentifier'])
  const path = 'Configuration.CustomDataIdentifier'
  const definitions = listOf(CustomDataIdentifier, path)
  if (definitions.length > MAX_CUSTOM_IDENTIFIERS) {
    throw refused(`${path} must not have more than ${MAX_CUSTOM_IDENTIFIERS} items`)
  }
  for (const [i, definition] of definitions.entries()) {
    const identifier = parseCustomIdentifier(definition, `${path}[${i}]`)
    if (custom.has(identifier.name)) throw refused(`${path}[${i}].Name ${identifier.name} is used twice`)
    custom.set(identifier.name, identifier)
  }
  return custom
}

function parseCustomIdentifier(value: unknown, path: string): DataIdentifier {
  const { Name, Regex } = members(value, path, ['Name', 'Regex'])
  requireString(Name, `${path}.Name`)
  requireString(Regex, `${path}.Regex`)
  if (!/^[\w-]{1,128}$/.test(Name)) {
    throw refused(`${path}.Name must have 1 to 128 letters, digits, hyphens or underscores`)
  }
  if (managedIdentifier(Name) !== undefined) throw refused(`${path}.Name ${Name} is that of a managed data identifier`)
  try {
    return customIdentifier(Name, Regex)
  } catch (error) {
    if (error instanceof PatternRefused) throw refused(`${path}.Regex ${error.message}`)
    throw error
  }
}

function parseOperation(value: unknown, path: string, direction: DataDirection): ProtectionOperation {
  const [name, config] = only(value, path, ['Audit', 'Deidentify', 'Deny'])
  if (name === 'Audit') {
    if (direction !== 'Inbound') throw refused(`${path}.Audit needs the data direction Inbound`)
    return parseAudit(config, `${path}.Audit`)
  }
  if (name === 'Deny') {
    members(config, `${path}.Deny`, [])
    return { type: 'deny' }
  }
  const [kind, how] = only(config, `${path}.Deidentify`, ['MaskConfig', 'RedactConfig'])
  if (kind === 'RedactConfig') {
    members(how, `${path}.Deidentify.RedactConfig`, [])
    return { type: 'deidentify', mask: '' }
  }
  const { MaskWithCharacter: mask } = members(how, `${path}.Deidentify.MaskConfig`, ['MaskWithCharacter'])
  if (typeof mask !== 'string' || !/^[ -~]$/.test(mask)) {
    throw refused(`${path}.Deidentify.MaskConfig.MaskWithCharacter must be one printable ASCII character`)
  }
  return { type: 'deidentify', mask }
}

function parseAudit(value: unknown, path: string): ProtectionOperation {
  const { SampleRate, FindingsDestination, NoFindingsDestination } = members(
    value,
    path,
    ['SampleRate'],
    ['FindingsDestination', 'NoFindingsDestination'],
  )
  // Documented as a text; tools write a number too.
  const sampleRate = /^\d{1,2}$/.test(String(SampleRate)) ? Number(SampleRate) : Number.NaN
  if (!(sampleRate <= MAX_SAMPLE_RATE))
    throw refused(`${path}.SampleRate must be an integer from 0 to ${MAX_SAMPLE_RATE}`)
  if (FindingsDestination === undefined && NoFindingsDestination === undefined) {
    throw refused(`${path} must have a FindingsDestination or a NoFindingsDestination`)
  }
  return {
    type: 'audit',
    sampleRate,
    findingsDestination: destination(FindingsDestination, `${path}.FindingsDestination`),
    noFindingsDestination: destination(NoFindingsDestination, `${path}.NoFindingsDestination`),
  }
}

/** The kinds of destinations, and what names one of each. */
const DESTINATIONS: Readonly<Record<string, string>> = {
  CloudWatchLogs: 'LogGroup',
  Firehose: 'DeliveryStream',
  S3: 'Bucket',
}

function destination(value: unknown, path: string): JsonObject | undefined {
  if (value === undefined) return undefined
  const kinds = members(value, path, [], Object.keys(DESTINATIONS))
  if (Object.keys(kinds).length === 0) throw refused(`${path} must name a destination`)
  for (const [kind, target] of Object.entries(kinds)) {
    const name = DESTINATIONS[kind] as string
    requireString(members(target, `${path}.${kind}`, [name])[name], `${path}.${kind}.${name}`)
  }
  return kinds
}

/** An object's members: all that are required, and no others than those and the optional ones. */
function members(
  value: unknown,
  path: string,
  required: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  if (!isJsonObject(value)) throw refused(`${path} must be a JSON object`)
  const unexpected = Object.keys(value).find((name) => !required.includes(name) && !optional.includes(name))
  if (unexpected !== undefined) throw refused(`${path} has the unexpected member ${unexpected}`)
  const missing = required.find((name) => value[name] === undefined)
  if (missing !== undefined) throw refused(`${path} must have the member ${missing}`)
  return value
}

/** The one member of an object that must have exactly one of some. */
function only(value: unknown, path: string, names: readonly string[]): readonly [name: string, value: unknown] {
  const entries = Object.entries(members(value, path, [], names))
  const [entry] = entries
  if (entry === undefined || entries.length > 1) throw refused(`${path} must have exactly one of ${names.join(', ')}`)
  return entry
}

function requireString(value: unknown, path: string): asserts value is string {
  if (typeof value !== 'string' || value === '') throw refused(`${path} must be a text`)
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw refused(`${path} must be a list with at least one item`)
  return value
}

function stringsOf(value: unknown, path: string): readonly string[] {
  return listOf(value, path).map((item, i) => {
    requireString(item, `${path}[${i}]`)
    return item
  })
}
