/** The option table as people read it: the text of `--help`, and the table of the README. */
import { allOptions } from './config.ts'
import type { Option } from './option.ts'
import { backupOptions } from './options.ts'

const shown = (value: unknown): string => {
  if (value === undefined) return ''
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
}

const usage = ({ flag, placeholder }: Option<unknown>) => (placeholder ? `--${flag} <${placeholder}>` : `--${flag}`)

const described = (option: Option<unknown>): string => {
  const fallback = shown(option.default)
  const note = fallback === '' || option.placeholder === undefined ? '' : ` [${fallback}]`
  return `  ${usage(option)}\n      ${option.help}${note}`
}

export function helpText(): string {
  return `Usage: millrace [start] [options]
       millrace backup --to <file> [--data-dir <folder>]

Application integration on one port, wire-compatible with AWS.

start runs a node:
${allOptions().map(described).join('\n')}

backup copies the embedded store into one file:
${allOptions(backupOptions).map(described).join('\n')}

  --help
      Print this text.
  --version
      Print the version.

Each option is also an environment variable: --data-dir is MILLRACE_DATA_DIR.
`
}

/** Markdown, one row an option. */
export function optionTable(): string {
  const escaped = (text: string) => text.replaceAll('|', '\\|')
  const rows = allOptions().map((option) => {
    const fallback = shown(option.default)
    return `| \`${escaped(usage(option))}\` | \`${option.env}\` | ${fallback && `\`${fallback}\``} | ${escaped(option.help)} |`
  })
  return ['| Flag | Environment | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n')
}
