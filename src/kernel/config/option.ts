/** One option of the program, and the types that an option's value can have. */

import { withoutPasswords } from '../secrets.ts'

/** The program was called in a way it can't honour. The message is for the person who typed it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface Option<V> {
  /** As typed: `data-dir` for `--data-dir`. */
  readonly flag: string
  /** Its environment variable: `MILLRACE_DATA_DIR`. */
  readonly env: string
  /** What stands for the value in `--help`; undefined for a flag that takes none. */
  readonly placeholder: string | undefined
  readonly default: V
  readonly help: string
  /** Whether the flag may be given more than once; the values are then one text, with commas between them. */
  readonly isList: boolean
  /** Throws `ConfigError`, saying what was expected, for anything else. */
  parse(text: string): V
}

interface Spec<V> {
  readonly placeholder: string | undefined
  readonly default: V
  /** Undefined for a bad value. */
  read(text: string): V | undefined
  /** Completes "must be …". */
  readonly expected: string
  readonly isList?: boolean
}

function option<V>(flag: string, help: string, spec: Spec<V>): Option<V> {
  const parse = (text: string): V => {
    const value = spec.read(text)
    if (value === undefined) throw new ConfigError(`must be ${spec.expected}, not '${withoutPasswords(text)}'`)
    return value
  }
  const env = `MILLRACE_${flag.toUpperCase().replaceAll('-', '_')}`
  const { placeholder, default: fallback, isList = false } = spec
  return { flag, env, placeholder, default: fallback, help, isList, parse }
}

const notEmpty = (text: string) => (text === '' ? undefined : text)

export const text = (name: string, fallback: string, help: string): Option<string> =>
  option(name, help, { placeholder: 'text', default: fallback, read: notEmpty, expected: 'a text' })

export const optionalText = (name: string, help: string): Option<string | undefined> =>
  option(name, help, { placeholder: 'text', default: undefined, read: notEmpty, expected: 'a text' })

/** The address of something that is posted to. */
export const httpAddress = (name: string, help: string): Option<string | undefined> =>
  option(name, help, {
    placeholder: 'url',
    default: undefined,
    read: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
    expected: 'an address like https://gateway.example.com/sms',
  })

/** The address of a mail server. */
export const smtpAddress = (name: string, help: string): Option<string | undefined> =>
  option(name, help, {
    placeholder: 'url',
    default: undefined,
    read: (text) => (/^smtps?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
    expected: 'an address like smtp://user:password@host:587',
  })

/** Scheme, host and port, without a trailing slash. */
export const httpUrl = (name: string, help: string): Option<string | undefined> =>
  option(name, help, {
    placeholder: 'url',
    default: undefined,
    read: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text).origin : undefined),
    expected: 'an address like https://millrace.example.com',
  })

const list = (
  name: string,
  help: string,
  readItem: (text: string) => string | undefined,
  expected: string,
): Option<readonly string[]> =>
  option<readonly string[]>(name, help, {
    placeholder: 'list',
    default: [],
    isList: true,
    read: (text) => {
      const items = text.split(',').map((item) => readItem(item.trim()))
      return items.every((item) => item !== undefined) ? items : undefined
    },
    expected: `${expected}; several are separated by commas`,
  })

/** Origins as browsers write them. Not `*` or `null`, which stand for pages that nobody can know. */
export const origins = (name: string, help: string): Option<readonly string[]> =>
  list(name, help, readOrigin, 'an origin like https://app.example.com')

function readOrigin(text: string): string | undefined {
  const [, scheme, host] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#*@]+)\/?$/i.exec(text) ?? []
  if (scheme === undefined || !URL.canParse(text)) return undefined
  const { origin } = new URL(text)
  // Those of extensions and desktop programs are no origins to a URL parser.
  return origin === 'null' ? `${scheme}://${host}`.toLowerCase() : origin
}

/** Names of hosts, in lower case and without a final dot. */
export const hostNames = (name: string, help: string): Option<readonly string[]> =>
  list(
    name,
    help,
    (text) => (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(text) ? text.toLowerCase().replace(/\.$/, '') : undefined),
    'a host name like millrace.example.com, without a port',
  )

/** The address of a PostgreSQL database. */
export const storeUrl = (name: string, help: string): Option<string | undefined> =>
  option(name, help, {
    placeholder: 'url',
    default: undefined,
    read: (text) => (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
    expected: 'an address like postgres://user:password@host:5432/database',
  })

export const region = (name: string, fallback: string, help: string): Option<string> =>
  option(name, help, {
    placeholder: 'name',
    default: fallback,
    read: (text) => (/^[a-z0-9-]{1,32}$/.test(text) ? text : undefined),
    expected: 'a name of lower-case letters, digits and hyphens',
  })

export const choice = <const V extends string>(
  name: string,
  values: readonly V[],
  fallback: NoInfer<V>,
  help: string,
) =>
  option<V>(name, help, {
    placeholder: values.join('|'),
    default: fallback,
    read: (text) => values.find((value) => value === text),
    expected: `one of ${values.join(', ')}`,
  })

export const onOff = (name: string, fallback: boolean, help: string): Option<boolean> =>
  option(name, help, {
    placeholder: 'on|off',
    default: fallback,
    read: (text) =>
      new Map([
        ['on', true],
        ['off', false],
      ]).get(text),
    expected: 'on or off',
  })

/** A flag without a value on the command line; `true` or `false` in the environment. */
export const flag = (name: string, help: string): Option<boolean> =>
  option(name, help, {
    placeholder: undefined,
    default: false,
    read: (text) =>
      new Map([
        ['true', true],
        ['1', true],
        ['false', false],
        ['0', false],
      ]).get(text),
    expected: 'true or false',
  })

function integer<F extends number | undefined>(
  name: string,
  fallback: F,
  help: string,
  placeholder: string,
  least: number,
  most: number,
): Option<number | F> {
  return option<number | F>(name, help, {
    placeholder,
    default: fallback,
    read: (text) => {
      const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= most ? value : undefined
    },
    expected: `a whole number from ${least} to ${most}`,
  })
}

export const port = (name: string, fallback: number, help: string): Option<number> =>
  integer(name, fallback, help, 'number', 0, 65_535)

export const bytes = (name: string, fallback: number, help: string): Option<number> =>
  integer(name, fallback, help, 'bytes', 1024, 1024 * 1024 * 1024)

export const optionalBytes = (name: string, help: string): Option<number | undefined> =>
  integer(name, undefined, help, 'bytes', 1024 * 1024, 8 * 1024 * 1024 * 1024)

/** At most a day. */
export const durationMs = (name: string, fallback: number, help: string): Option<number> =>
  integer(name, fallback, help, 'ms', 1, 86_400_000)

/** Undefined leaves it to the program. */
export const threads = (name: string, help: string): Option<number | undefined> =>
  option<number | undefined>(name, help, {
    placeholder: 'number',
    default: undefined,
    read: (text) => (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64 ? Number(text) : undefined),
    expected: 'a whole number from 1 to 64',
  })

export const connections = (name: string, fallback: number, help: string): Option<number> =>
  integer(name, fallback, help, 'number', 1, 64)

export const count = (name: string, fallback: number, help: string): Option<number> =>
  integer(name, fallback, help, 'number', 1, 1_000_000_000)
