/** The commands that an engine can run, by name, collected from the modules that define them. */
import type { Command } from './store.ts'

// biome-ignore lint/suspicious/noExplicitAny: a registry of commands with different argument types
export type AnyCommand = Command<any, any>

const isCommand = (value: unknown): value is AnyCommand =>
  typeof value === 'object' && value !== null && 'name' in value && 'run' in value && typeof value.run === 'function'

/** Imports the modules and registers every command that they export. Throws if two share a name. */
export async function loadCommands(modules: readonly URL[]): Promise<Map<string, AnyCommand>> {
  const commands = new Map<string, AnyCommand>()
  for (const url of modules) {
    const exported: Record<string, unknown> = await import(url.href)
    for (const value of Object.values(exported)) {
      if (!isCommand(value)) continue
      const other = commands.get(value.name)
      if (other !== undefined && other !== value) throw new Error(`two commands are named ${value.name}`)
      commands.set(value.name, value)
    }
  }
  return commands
}
