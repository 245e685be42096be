/**
 * Reads the configuration once, at the start: a flag wins over an environment variable, and that over the default.
 * Whatever the program can't honour is an error here, before anything is opened.
 */
import { isIPv4 } from 'node:net'
import { parseArgs } from 'node:util'
import { ConfigError, type Option } from './option.ts'
import { type Config, options, type Values } from './options.ts'

export { ConfigError } from './option.ts'
export type { Config } from './options.ts'

export type Environment = Readonly<Record<string, string | undefined>>
/** A flag that was given more than once has several texts. */
type Texts = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
interface Group {
  readonly [key: string]: Option<unknown> | Group
}

const isOption = (entry: Option<unknown> | Group): entry is Option<unknown> => typeof entry.parse === 'function'

/** The options in the order of the table, those of the services included. */
export function allOptions(group: Group = options): Option<unknown>[] {
  return Object.values(group).flatMap((entry) => (isOption(entry) ? [entry] : allOptions(entry)))
}

/** Throws `ConfigError` for an unknown flag, a bad value, or a combination that is not allowed. */
export function readConfig(args: readonly string[], env: Environment): Config {
  const config = readOptions(options, args, env)
  check(config)
  return config
}

/** The same for the options of another command, one by one. */
export function readOptions<G extends Group>(group: G, args: readonly string[], env: Environment): Values<G> {
  return readGroup(group, readFlags(group, args), env) as Values<G>
}

/** The defaults, with some of them replaced; for tests and for programs that embed a node. */
export function configWith(overrides: Partial<Config> = {}): Config {
  const config = { ...(readGroup(options, {}, {}) as Config), ...overrides }
  check(config)
  return config
}

function readFlags(group: Group, args: readonly string[]): Texts {
  const known = allOptions(group).map(({ flag, placeholder, isList }) => [
    flag,
    { type: placeholder === undefined ? ('boolean' as const) : ('string' as const), multiple: isList },
  ])
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(known), strict: true }).values as Texts
  } catch (error) {
    // The first sentence names the flag; the rest is advice that doesn't fit every case.
    throw new ConfigError((error as Error).message.split(/\.\s/)[0] as string)
  }
}

function readGroup(group: Group, flags: Texts, env: Environment): Record<string, unknown> {
  const read = (entry: Option<unknown> | Group) =>
    isOption(entry) ? readOption(entry, flags, env) : readGroup(entry, flags, env)
  return Object.fromEntries(Object.entries(group).map(([key, entry]) => [key, read(entry)]))
}

function readOption(option: Option<unknown>, flags: Texts, env: Environment): unknown {
  const typed = flags[option.flag]
  if (typed !== undefined) return parse(option, `--${option.flag}`, String(typed))
  const set = env[option.env]
  // An empty variable is what shells and Compose files leave when something is not set.
  if (set !== undefined && set !== '') return parse(option, option.env, set)
  return option.default
}

function parse(option: Option<unknown>, name: string, text: string): unknown {
  try {
    return option.parse(text)
  } catch (error) {
    throw new ConfigError(`${name} ${(error as Error).message}`)
  }
}

/** `localhost`, `127.0.0.0/8` or `::1`: what only this machine reaches. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/** Whether several threads can listen at one port (`reusePort` of node:net). */
export const canShareAPort = (system: string = process.platform): boolean => !['darwin', 'win32'].includes(system)

function check(config: Config): void {
  if ((config.edgeThreads ?? 1) > 1 && !canShareAPort()) {
    throw new ConfigError('--edge-threads: on this system one thread listens at a port')
  }
  if (config.store !== undefined && config.ephemeral) {
    throw new ConfigError('--store and --ephemeral exclude each other')
  }
  if (config.auth === 'enforce') {
    throw new ConfigError('NotImplemented: --auth enforce; signatures and policies are not evaluated yet')
  }
  if (!isLoopback(config.host) && !config.allowRemote) {
    throw new ConfigError(
      `--host ${config.host} can be reached from other machines, and with --auth open any credentials pass; ` +
        'add --allow-remote if that is meant',
    )
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key are given together or not at all')
  }
  const { smsWebhookUrl, smsWebhookSecret } = config.sns
  if ((smsWebhookUrl === undefined) !== (smsWebhookSecret === undefined)) {
    throw new ConfigError('--sns-sms-webhook-url and --sns-sms-webhook-secret are given together or not at all')
  }
}
