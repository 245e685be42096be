/** Checks every TypeScript file of the repository against scripts/structure/rules.ts. Exit code 1 if any is broken. */
import { globSync, readFileSync } from 'node:fs'
import { rules } from './structure/rules.ts'
import { parseSource } from './structure/source.ts'

const root = new URL('..', import.meta.url)
const paths = globSync('{src,bench,examples,scripts,tests}/**/*.{ts,mjs}', { cwd: root }).sort()
const sources = paths.map((path) => parseSource(path.replaceAll('\\', '/'), readFileSync(new URL(path, root), 'utf8')))

for (const { name, instead, check } of rules) {
  const findings = check(sources)
  if (findings.length === 0) continue
  process.exitCode = 1
  console.log(`${name}: ${instead}`)
  for (const { path, line, what } of findings)
    console.log(`  ${line === undefined ? path : `${path}:${line}`}  ${what}`)
  console.log()
}
if (!process.exitCode) console.log(`${sources.length} files keep the ${rules.length} rules of structure`)
