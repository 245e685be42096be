/** `millrace backup`: copies the embedded store into one file, beside a running node or without one. */
import { resolve } from 'node:path'
import { type Environment, readOptions } from '../kernel/config/config.ts'
import { ConfigError } from '../kernel/config/option.ts'
import { backupOptions, options } from '../kernel/config/options.ts'
import { backUp } from '../kernel/store/sqlite/backup.ts'

/** Rejects with `ConfigError` or `CannotBackUp`. */
export async function backup(args: readonly string[], env: Environment): Promise<void> {
  if (env[options.store.env]) {
    throw new ConfigError(
      `${options.store.env} is set: backup copies the embedded store, and pg_dump the one in PostgreSQL`,
    )
  }
  const { dataDir, to } = readOptions(backupOptions, args, env)
  if (to === undefined) throw new ConfigError('backup needs the file to write: --to <file>')
  const bytes = await backUp(dataDir, to)
  process.stdout.write(`The store in ${resolve(dataDir)} is backed up to ${resolve(to)}: ${bytes} bytes\n`)
}
