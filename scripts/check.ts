/** `npm run check`: everything about the code that can be judged without running it. All checks run, then it fails. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Check {
  readonly name: string
  /** A script and its arguments, run with this Node.js from the repository's root. */
  readonly command: readonly string[]
}

const checks: readonly Check[] = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  {
    name: 'lint and format (most of it is mended by `npm run fix`)',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  },
  { name: 'dead code and dependencies', command: ['node_modules/knip/bin/knip.js'] },
  { name: 'structure', command: ['scripts/check-structure.ts'] },
  { name: 'documents made from the code', command: ['scripts/docs.ts', '--check'] },
]

const failed = checks.filter(({ name, command }) => {
  console.log(`— ${name}`)
  const { status, error } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  return status !== 0
})

console.log(failed.length === 0 ? '\nAll checks passed' : `\nFailed: ${failed.map(({ name }) => name).join('; ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
