/**
 * Writes the documents that are made from the code; with `--check`, says which of them are out of date instead, and ends
 * with exit code 1 if any is.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { optionTable } from '../src/kernel/config/help.ts'
import { services } from '../src/platform.ts'
import { coverageOf, renderCoverage } from './docs/coverage.ts'
import { replaceSection } from './docs/marked-section.ts'

interface GeneratedDocument {
  /** From the repository's root. */
  readonly path: string
  /** What the document should be, given what it is ('' where there is none). */
  render(current: string): string
}

const documents: readonly GeneratedDocument[] = [
  { path: 'docs/coverage.md', render: () => renderCoverage(services.map(coverageOf)) },
  { path: 'README.md', render: (current) => replaceSection(current, 'options', optionTable()) },
]

const isCheck = process.argv.includes('--check')
for (const { path, render } of documents) {
  const url = new URL(`../${path}`, import.meta.url)
  const current = await readIfPresent(url)
  const wanted = render(current)
  if (current === wanted) continue
  if (isCheck) {
    console.log(`${path} is not what the code says: run \`npm run docs\` and commit the result`)
    process.exitCode = 1
  } else {
    await mkdir(new URL('.', url), { recursive: true })
    await writeFile(url, wanted)
    console.log(`${path} written`)
  }
}

async function readIfPresent(url: URL): Promise<string> {
  try {
    return await readFile(url, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
