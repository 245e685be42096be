/** Runs the clients of others against a node, as programs of their own, with nothing of this machine's configuration. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { awsCli } from '../../../src/testing/clients.ts'

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program until it ends. Resolves whatever its exit code is; rejects if it can't be started. */
export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, ...output }
}

/** No profile, no proxy and no instance metadata: what a client does then depends on its arguments alone. */
export function clientEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^aws_|_proxy$/i.test(name))
  return {
    ...Object.fromEntries(inherited),
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    MILLRACE_TEST_ENDPOINT: endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    PYTHONUNBUFFERED: '1',
  }
}

/** The AWS CLI, pointed at one node. */
export class Cli {
  /** The commands used so far: `sqs send-message`. */
  readonly used = new Set<string>()
  readonly #endpoint: string

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  run(service: string, command: string, ...args: readonly string[]): Promise<Finished> {
    this.used.add(`${service} ${command}`)
    return run(
      awsCli.path(),
      [service, command, '--endpoint-url', this.#endpoint, '--output', 'json', ...args],
      clientEnvironment(this.#endpoint),
    )
  }

  /** What an SQS command prints, parsed; an empty object if that is nothing. Rejects if the command fails. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests assert
  sqs(command: string, ...args: readonly string[]): Promise<any> {
    return this.#printed('sqs', command, args)
  }

  /** The same for a command of SNS. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  sns(command: string, ...args: readonly string[]): Promise<any> {
    return this.#printed('sns', command, args)
  }

  async #printed(service: string, command: string, args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run(service, command, ...args)
    if (code !== 0) throw new Error(`aws ${service} ${command} exits with ${code}: ${stderr}`)
    return stdout.trim() === '' ? {} : JSON.parse(stdout)
  }
}

/** An operation as the command that the AWS CLI has for it: `get-sms-attributes` for `GetSMSAttributes`. */
export const commandOf = (operation: string): string =>
  operation.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()

/** What a node has sent to an address, a phone or a device and kept in its outbox, as soon as there is something. */
export async function sentTo(endpoint: string, destination: string): Promise<Readonly<Record<string, string>>> {
  for (;;) {
    const answer = await fetch(`${endpoint}/_millrace/outbox?${new URLSearchParams({ to: destination })}`)
    const { items } = (await answer.json()) as { items: { content: Record<string, string> }[] }
    if (items[0] !== undefined) return items[0].content
  }
}

/** The token in the mail that asks an address to confirm its subscription. */
export async function confirmationToken(endpoint: string, address: string): Promise<string> {
  const { text = '' } = await sentTo(endpoint, address)
  return /Token=([0-9a-f]+)/.exec(text)?.[1] as string
}
