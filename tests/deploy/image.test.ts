/** The image, as far as it can be had without a container engine: its files are put together and run. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { contextFilter, lastStage, readText, root } from './files.ts'

const repository = fileURLToPath(root)
const image = lastStage(readText('Dockerfile'))
const isInContext = contextFilter(readText('.dockerignore'))

const values = (name: string) => image.filter((instruction) => instruction.name === name).map(({ rest }) => rest)
const env = Object.fromEntries(values('ENV').flatMap((rest) => rest.split(/\s+/).map((pair) => pair.split('='))))

/** Packages that are needed to run: all that the lock file doesn't mark as being for development. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, { dev?: boolean }> }
  return Object.keys(packages).filter((path) => path !== '' && packages[path]?.dev !== true)
}

function copyInto(target: string, from: string, to: string, filter: (path: string) => boolean): void {
  cpSync(join(repository, from), join(target, to), {
    recursive: true,
    dereference: true,
    filter: (path) => filter(relative(repository, path)),
  })
}

/** Does what the COPY instructions say, with what the other stages would have made. */
function assemble(target: string): void {
  for (const rest of values('COPY')) {
    const words = rest.split(' ')
    const stage = words.find((word) => word.startsWith('--from='))
    const paths = words.filter((word) => word !== stage)
    const to = paths.pop() as string
    if (stage === '--from=dependencies') {
      for (const path of productionPackages()) copyInto(target, path, path, () => true)
    } else if (stage === '--from=schemas') {
      copyInto(target, 'src/generated', to, () => true)
    } else {
      for (const path of paths) copyInto(target, path, to === './' ? path : to, isInContext)
    }
  }
}

async function readyPort(child: ChildProcess): Promise<number> {
  let output = ''
  for await (const text of child.stdout as AsyncIterable<Buffer>) {
    output += text
    const port = /is ready at http:\/\/\S+:(\d+)/.exec(output)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`the node ended before it was ready: ${output}`)
}

suite('the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-image-'))
  after(() => rmSync(folder, { recursive: true }))

  test('runs on the Node.js that the project is pinned to, as a user without rights', () => {
    const major = /^ARG NODE_IMAGE=node:(\d+)-slim$/m.exec(readText('Dockerfile'))?.[1]
    const { devDependencies } = JSON.parse(readText('package.json')) as { devDependencies: { node: string } }
    assert.equal(major, /\d+/.exec(devDependencies.node)?.[0])
    assert.match(values('USER').at(-1) ?? '', /^[1-9]\d*:[1-9]\d*$/)
    assert.deepEqual(values('EXPOSE'), ['4566'])
  })

  test('has all that a node needs, and no tests', async () => {
    assemble(folder)
    assert.deepEqual(globSync(['**/*.test.ts', '**/testing'], { cwd: folder, exclude: ['node_modules/**'] }), [])
    const [program, ...args] = JSON.parse(values('ENTRYPOINT')[0] ?? '') as string[]
    assert.equal(program, 'node')
    const command = [...args, ...(JSON.parse(values('CMD')[0] ?? '') as string[])]
    const data = join(folder, 'data')
    mkdirSync(data)
    const child = spawn(process.execPath, [...command, '--log-level', 'debug'], {
      cwd: folder,
      env: { PATH: dirname(process.execPath), ...env, MILLRACE_PORT: '0', MILLRACE_DATA_DIR: data },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    try {
      const port = await readyPort(child)
      const [, healthCommand] = /CMD (\[.*\])$/.exec(values('HEALTHCHECK')[0] ?? '') ?? []
      const [, ...healthArgs] = JSON.parse(healthCommand ?? '') as string[]
      const checkHealth = () => spawnSync(process.execPath, healthArgs, { env: { MILLRACE_PORT: String(port) } }).status
      assert.equal(checkHealth(), 0)
      // What is loaded late: the metrics' library by the first scrape, the log's by the first line.
      assert.equal((await fetch(`http://127.0.0.1:${port}/_millrace/metrics`)).status, 200)
      const list = await fetch(`http://127.0.0.1:${port}/?Action=ListQueues&Version=2012-11-05`)
      assert.equal(list.status, 200)
      child.kill('SIGTERM')
      assert.deepEqual(await exited, [0, null])
      assert.match(log, /"operation":"ListQueues"/)
      assert.equal(checkHealth(), 1)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
