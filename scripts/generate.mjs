/**
 * Writes src/generated/<id>.json: the compact schema of each service, read from the installed SDK client's public
 * exports. What the SDK doesn't say about a service is in the table below, one entry per service.
 *
 * A file whose stamp matches the installed client and this script is left alone, so every start may call `generate`.
 * src/kernel/protocol/hydrate.ts reads the format.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(import.meta.url)
const NOTICE =
  'Derived from the AWS SDK for JavaScript v3 (https://github.com/aws/aws-sdk-js-v3). ' +
  'Copyright Amazon.com, Inc. or its affiliates. Licensed under the Apache License, Version 2.0.'

const PROTOCOLS = {
  'aws.protocols#awsJson1_0': 'json1.0',
  'aws.protocols#awsJson1_1': 'json1.1',
  'aws.protocols#awsQuery': 'query',
}

/** `extra` overrides or completes what the client says: further protocols real endpoints accept, names it lacks. */
const SERVICES = [
  {
    id: 'sqs',
    client: '@aws-sdk/client-sqs',
    extra: {
      protocols: ['json1.0', 'query'],
      xmlns: 'http://queue.amazonaws.com/doc/2012-11-05/',
      queryJsonNames: { Messages: 'messages', QueueUrls: 'queueUrls' },
      queryErrorDetail: true,
    },
  },
  { id: 'sns', client: '@aws-sdk/client-sns', extra: {} },
  { id: 'sts', client: '@aws-sdk/client-sts', extra: {} },
]

/**
 * Brings the generated schemas up to date.
 * @param {string} root the project's folder
 * @returns {string[]} the ids of the services that were written
 */
export function generate(root = dirname(dirname(script))) {
  const require = createRequire(join(root, 'package.json'))
  const folder = join(root, 'src', 'generated')
  mkdirSync(folder, { recursive: true })
  const written = []
  for (const service of SERVICES) {
    const file = join(folder, `${service.id}.json`)
    const stamp = stampOf(join(root, 'node_modules', service.client, 'package.json'))
    const present = stampIn(file)
    // A published package carries the schemas and not the clients.
    if (present !== undefined && (stamp === undefined || stamp === present)) continue
    const model = { notice: NOTICE, stamp, ...compact(service, require(service.client)) }
    // Written aside and renamed: two starts at once never read half a file.
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(model))
    renameSync(`${file}.${process.pid}`, file)
    written.push(service.id)
  }
  return written
}

/** By content rather than by time: packages unpack with the dates of their archives. */
function stampOf(packageFile) {
  if (!existsSync(packageFile)) return undefined
  return createHash('sha256').update(readFileSync(script)).update(readFileSync(packageFile)).digest('hex')
}

function stampIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).stamp
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Static schemas point at each other, directly or through thunks; here every named shape has a number, `"#7"`. */
function compact({ id, extra }, sdk) {
  const shapes = []
  const numbers = new Map()
  const ref = (target) => {
    const schema = typeof target === 'function' ? target() : target
    if (!Array.isArray(schema)) return schema
    if (schema.length === 2) return [ref(schema[0]), schema[1]]
    if (!numbers.has(schema)) {
      numbers.set(schema, shapes.length)
      const at = shapes.push(undefined) - 1
      shapes[at] = shape(schema)
    }
    return `#${numbers.get(schema)}`
  }
  const shape = ([kind, , name, traits, ...rest]) => {
    if (kind >= 0 && kind <= 2) return [kind, name, traits, ...rest.map(ref)]
    const [names, members, required = 0] = rest
    return [kind, name, traits, names, members.map(ref), required]
  }

  const operations = []
  const errors = []
  for (const [name, schema] of Object.entries(sdk)) {
    if (!name.endsWith('$') || !Array.isArray(schema)) continue
    const [kind, namespace, , , input, output] = schema
    if (kind === 9) operations.push([schema[2], ref(input), ref(output)])
    else if (kind === -3 && !namespace.startsWith('smithy.ts.sdk')) errors.push(ref(schema))
  }
  return { meta: { id, ...metaOf(sdk), ...extra }, shapes, operations, errors }
}

function metaOf(sdk) {
  const [, Client] = Object.entries(sdk).find(([name]) => /^[A-Z]\w*Client$/.test(name))
  const { config } = new Client({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } })
  const settings = config.protocolSettings
  return {
    sdkId: config.serviceId,
    namespace: settings.defaultNamespace,
    version: config.apiVersion,
    target: settings.serviceTarget,
    xmlns: settings.xmlNamespace,
    signingName: config.defaultSigningName,
    protocols: [PROTOCOLS[config.protocol.getShapeId()]],
    queryCompatible: settings.awsQueryCompatible === true,
  }
}

if (import.meta.main) {
  for (const id of generate()) console.log(`src/generated/${id}.json`)
}
