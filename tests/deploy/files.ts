/** Reads the files of a deployment for the tests of them. */
import { readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const root = new URL('../../', import.meta.url)

/** The text of a file, by its path from the repository's root. */
export const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** The one document of a YAML file. Throws for what isn't well-formed, duplicate keys included. */
export function readYaml<T>(path: string): T {
  const [document, ...others] = parseAllDocuments(readText(path))
  if (document === undefined || others.length > 0) throw new Error(`${path}: expected one document`)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw problem
  return document.toJS() as T
}

export interface Instruction {
  readonly name: string
  readonly rest: string
}

/** The instructions of a Dockerfile's last stage, that which becomes the image. */
export function lastStage(dockerfile: string): Instruction[] {
  const lines = dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  const instructions = lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(/\s+/)
      return { name, rest: rest.join(' ') }
    })
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
}

/** What a `.dockerignore` lets into the build: the last pattern that matches a path or one of its folders decides. */
export function contextFilter(ignoreFile: string): (path: string) => boolean {
  const patterns = ignoreFile.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return (path) => {
    const parts = path.split('/')
    const prefixes = parts.map((_, i) => parts.slice(0, i + 1).join('/'))
    const decisive = patterns.findLast((pattern) =>
      prefixes.some((prefix) => matchesGlob(prefix, pattern.replace('!', ''))),
    )
    return decisive === undefined || decisive.startsWith('!')
  }
}
