/**
 * Every option of the program: flag, environment variable, type, default and a line of help. `--help`, the README's
 * table and the type `Config` all come from the table of `start`. A service's own options are a group named after it.
 */
import {
  bytes,
  choice,
  connections,
  count,
  durationMs,
  flag,
  hostNames,
  httpAddress,
  httpUrl,
  type Option,
  onOff,
  optionalBytes,
  optionalText,
  origins,
  port,
  region,
  smtpAddress,
  storeUrl,
  text,
  threads,
} from './option.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const urlStyles = ['off', 'dynamic', 'standard', 'domain', 'path'] as const

export const options = {
  host: text('host', 'localhost', 'Address to listen on; `localhost` is 127.0.0.1 and ::1.'),
  port: port('port', 4566, 'Port to listen on; 0 takes any free one.'),
  dataDir: text('data-dir', './.millrace', 'Folder of the embedded store.'),
  ephemeral: flag('ephemeral', 'Keep everything in memory: nothing survives the process, and --data-dir is not used.'),
  store: storeUrl('store', 'Address of a PostgreSQL database that nodes share, instead of the embedded store.'),
  edgeThreads: threads(
    'edge-threads',
    'Threads that accept, parse and answer; by default one for every four cores, four at most.',
  ),
  storePoolSize: connections('store-pool-size', 4, 'Connections to PostgreSQL for transactions; a node has one more.'),
  storeStatementTimeoutMs: durationMs('store-statement-timeout-ms', 30_000, 'Time PostgreSQL has for one statement.'),
  auth: choice('auth', ['open', 'enforce'], 'open', 'Whether any credentials pass. `enforce` is not implemented.'),
  allowRemote: flag('allow-remote', 'Allow listening on an address that other machines reach while --auth is open.'),
  region: region('region', 'us-east-1', 'Region of requests whose credentials and host name none.'),
  logLevel: choice('log-level', logLevels, 'info', 'Least severe level that is logged, on standard error.'),
  publicUrl: httpUrl(
    'public-url',
    'Address at which clients reach the platform, for links and queue URLs that it hands out; without it, the request’s.',
  ),
  allowOrigins: origins(
    'allow-origins',
    'Origins whose pages in a browser may call the node and read its answers (CORS).',
  ),
  allowHosts: hostNames(
    'allow-hosts',
    'Names, with those under them, by which clients may call the node beside addresses and local names.',
  ),
  tlsCert: optionalText('tls-cert', 'Certificate chain (PEM file); with --tls-key, the port speaks TLS only.'),
  tlsKey: optionalText('tls-key', 'Private key of the certificate (PEM file).'),
  maxRequestBytes: bytes('max-request-bytes', 16 * 1024 * 1024, 'Largest request body that is accepted, in bytes.'),
  maxInflightBodyBytes: optionalBytes(
    'max-inflight-body-bytes',
    'What all bodies that arrive or are worked on may take; without it an eighth of the memory, 16 to 128 MiB.',
  ),
  maxUnreadAnswerBytes: optionalBytes(
    'max-unread-answer-bytes',
    'What all answers that clients have not read yet may take; without it as much as for bodies.',
  ),
  maxConnections: count('max-connections', 20_000, 'Connections that are open at once; more are closed at once.'),
  headerTimeoutMs: durationMs('header-timeout-ms', 10_000, 'Time a client has to send a request’s headers.'),
  requestTimeoutMs: durationMs('request-timeout-ms', 60_000, 'Time a client has to send a whole request.'),
  keepAliveTimeoutMs: durationMs('keep-alive-timeout-ms', 65_000, 'Time an idle connection is kept open.'),
  stallTimeoutMs: durationMs(
    'stall-timeout-ms',
    20_000,
    'Time a client may send nothing of a body, or take nothing of an answer, before it is cut off.',
  ),
  smtpUrl: smtpAddress('smtp-url', 'Mail server (smtp://user:password@host:port); without it, mails go to the outbox.'),
  smtpFrom: text('smtp-from', 'Millrace <no-reply@millrace.invalid>', 'Who mails are from.'),
  allowLinkLocal: flag(
    'allow-link-local',
    'Let deliveries reach link-local addresses, where clouds have their metadata.',
  ),
  denyPrivateTargets: flag(
    'deny-private-targets',
    'Let no delivery reach loopback or private addresses: for nodes that strangers use.',
  ),
  sns: {
    smsWebhookUrl: httpAddress(
      'sns-sms-webhook-url',
      'Where text messages are posted; without it, they go to the outbox.',
    ),
    smsWebhookSecret: optionalText('sns-sms-webhook-secret', 'Key of the signatures on what is posted there.'),
    filterPoliciesPerTopic: count('sns-filter-policies-per-topic', 200, 'Filter policies that a topic may have.'),
    filterPoliciesPerAccount: count(
      'sns-filter-policies-per-account',
      10_000,
      'Filter policies that an account may have.',
    ),
  },
  sqs: {
    urlStyle: choice(
      'url-style',
      urlStyles,
      'dynamic',
      'Form of queue URLs; `dynamic` follows the host of the request.',
    ),
    maxInFlight: count('sqs-max-in-flight', 120_000, 'Messages of a queue that may be in flight at once.'),
    recreateWait: onOff('sqs-recreate-wait', true, 'Whether a deleted queue’s name stays taken for 60 seconds.'),
  },
}

/** What `millrace backup` is told. */
export const backupOptions = {
  dataDir: options.dataDir,
  to: optionalText('to', 'File that the backup is written to; it must not exist. The node may run meanwhile.'),
}

export type Values<T> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : Values<T[K]> }

/** What the program was told at its start; read once, never changed. */
export type Config = Values<typeof options>
