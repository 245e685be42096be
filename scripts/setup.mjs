/**
 * Makes a fresh clone runnable, then runs what it is given. It needs Node 18 and npm and nothing else, since it is what
 * installs everything else.
 *
 *     node scripts/setup.mjs                          installs and generates
 *     node scripts/setup.mjs bin/millrace.mjs --port 4577  the same, then runs that with the pinned runtime
 *
 * Invariants
 * - With nothing to do it costs a few tens of milliseconds, so every npm script goes through it.
 * - What it starts always runs on the pinned runtime, found by its path: a shell may look up, or remember, another `node`.
 * - Standard output belongs to what is started; everything said here goes to standard error.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const runtime = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const generator = join(root, 'scripts', 'generate.mjs')

const command = process.argv.slice(2)
if (!isInstalled()) install()
await generateSchemas()
if (command.length > 0) run(command)

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of what it installed. npm writes that
 * record last, so an interrupted install counts as none. Optional packages may be absent: they are other machines'.
 */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record) || !existsSync(runtime)) return false
  const installed = packagesOf(record)
  const wanted = Object.entries(packagesOf(join(root, 'package-lock.json')))
  return wanted.every(([path, { version, integrity, optional }]) => {
    const found = installed[path]
    if (path === '' || (optional && !found)) return true
    return found?.version === version && found?.integrity === integrity
  })
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

function install() {
  say('installing the dependencies named in package-lock.json (a minute or so, once) …')
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  // The pinned runtime is a development dependency: NODE_ENV=production must not leave it out.
  const [file, ...args] = [...npm, 'ci', '--include=dev', '--loglevel=error']
  const npmIsABatchFile = process.platform === 'win32' && npm.length === 1
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2], shell: npmIsABatchFile })
  if (error) fail(`npm could not be started: ${error.message}`)
  if (status !== 0) fail(`npm ci failed with exit code ${status}; its messages are above`)
  if (!existsSync(runtime)) fail('the pinned Node.js is missing after npm ci: is ignore-scripts set in an .npmrc?')
}

/** Under npm this process is already the pinned runtime, except in the run that installed it. */
async function generateSchemas() {
  if (process.execPath === realpathSync(runtime)) {
    const { generate } = await import('./generate.mjs')
    await generate()
    return
  }
  const { status } = spawnSync(runtime, [generator], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) fail('the schemas in src/generated could not be written; the reason is above')
}

/**
 * Hands the terminal to the command, passes signals on to it, and ends the way it ends. An interrupt typed at a terminal
 * reaches the command without help, and a second one would mean more than the first.
 */
function run(args) {
  const child = spawn(runtime, args, { stdio: 'inherit' })
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`${runtime} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function say(sentence) {
  process.stderr.write(`millrace: ${sentence}\n`)
}

function fail(sentence) {
  say(sentence)
  process.exit(1)
}
