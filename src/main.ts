/**
 * The program: one table of commands. Standard output is for the person who started it; the log goes to standard error.
 *
 * Exit codes: 0 after the work is done or a graceful stop, 1 if the work could not be done, 2 if it was called wrongly.
 */
import { fail } from './cli/fail.ts'
import type { Environment } from './kernel/config/config.ts'
import { ConfigError } from './kernel/config/option.ts'

type Command = (args: readonly string[], env: Environment) => Promise<void>

/** A command is loaded when it is called: none pays for what another one needs. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', async (): Promise<Command> => (await import('./cli/start.ts')).start],
  ['backup', async (): Promise<Command> => (await import('./cli/backup.ts')).backup],
])

/** Without a command's name, options are those of `start`. */
async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    const { helpText } = await import('./kernel/config/help.ts')
    process.stdout.write(helpText())
  } else if (args.includes('--version')) {
    const { version } = await import('./cli/version.ts')
    process.stdout.write(`${version()}\n`)
  } else {
    const [name = 'start', ...rest] = args[0]?.startsWith('-') ? ['start', ...args] : args
    const load = commands.get(name)
    if (load === undefined) {
      throw new ConfigError(`there is no command '${name}'; the commands are ${[...commands.keys()].join(' and ')}`)
    }
    const command = await load()
    await command(rest, process.env)
  }
}

await main(process.argv.slice(2)).catch(fail)
