/**
 * The clients of others that tests drive a node with: the AWS CLI, Python with boto3, and Chromium. Not every machine has them, so
 * tests that need one are skipped by name where it is missing; where MILLRACE_TEST_REQUIRE_CLIENTS is set (in CI), a
 * missing one fails instead, because there a skip would pass for a success.
 *
 *     test('the CLI lists what it created', { skip: skipUnless(awsCli) }, async () => { … awsCli.path() … })
 */
import { spawnSync } from 'node:child_process'

export interface Client {
  /** As the reason of a skip names it. */
  readonly name: string
  /** The program to spawn. Throws when this machine has none that works. */
  path(): string
}

type Environment = Readonly<Record<string, string | undefined>>

/** A Python that can import boto3: MILLRACE_TEST_PYTHON if that is set, else `python3` or `python` on the path. */
export const boto3 = clientOf(
  'Python with boto3',
  'MILLRACE_TEST_PYTHON',
  ['python3', 'python'],
  ['-c', 'import boto3'],
)

/** MILLRACE_TEST_AWS if that is set, else `aws` on the path. */
export const awsCli = clientOf('the AWS CLI', 'MILLRACE_TEST_AWS', ['aws'], ['--version'])

/** MILLRACE_TEST_CHROMIUM if that is set, else where packages put Chromium or Chrome: drivers want the whole path. */
export const chromium = clientOf(
  'Chromium',
  'MILLRACE_TEST_CHROMIUM',
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  ['--version'],
)

/**
 * For the `skip` of a test's options: false when the client is there, else the reason. Throws where none may be missing.
 */
export function skipUnless(client: Client, env: Environment = process.env): string | false {
  try {
    client.path()
    return false
  } catch (error) {
    if (env.MILLRACE_TEST_REQUIRE_CLIENTS) throw error
    return (error as Error).message
  }
}

/** Looks on first use, since starting a Python takes longer than most tests; `probe` are arguments that must exit with 0. */
export function clientOf(
  name: string,
  variable: string,
  programs: readonly string[],
  probe: readonly string[],
  env: Environment = process.env,
): Client {
  let path: string | undefined
  return {
    name,
    path() {
      const named = env[variable]
      path ??= (named ? [named] : programs).find((program) => spawnSync(program, probe).status === 0)
      if (path === undefined)
        throw new Error(`${name} is not on this machine${named ? ` at ${variable}=${named}` : ''}`)
      return path
    },
  }
}
