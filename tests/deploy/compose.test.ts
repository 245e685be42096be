/** The Compose file and the load balancer's configuration agree with each other and with what a node does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { options } from '../../src/kernel/config/options.ts'
import { lastStage, readText, readYaml } from './files.ts'

interface Service {
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly deploy?: { readonly replicas: number }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly stop_grace_period?: string
}

const { services } = readYaml<{ services: Readonly<Record<string, Service>> }>('deploy/compose.yaml')
const balancer = readText('deploy/haproxy.cfg')
const dockerfile = lastStage(readText('Dockerfile'))

const service = (name: string): Service => {
  const found = services[name]
  assert.ok(found, `there is no service ${name}`)
  return found
}

const balancerSeconds = (name: string) => Number(new RegExp(`timeout ${name} (\\d+)s`).exec(balancer)?.[1])

test('three nodes share one database, and start when it is there', () => {
  const { environment, deploy, depends_on } = service('millrace')
  const { environment: database } = service('postgres')
  assert.equal(deploy?.replicas, 3)
  const password = database?.POSTGRES_PASSWORD
  assert.match(password ?? '', /^\$\{POSTGRES_PASSWORD:\?.+\}$/, 'a password is chosen, and has no default')
  assert.equal(
    environment?.MILLRACE_STORE,
    `postgres://${database?.POSTGRES_USER}:${password}@postgres:5432/${database?.POSTGRES_DB}`,
  )
  assert.equal(depends_on?.postgres?.condition, 'service_healthy')
  assert.ok(service('postgres').healthcheck)
})

test('only this machine reaches the port, and only through the load balancer', () => {
  const published = Object.entries(services).filter(([, { ports = [] }]) => ports.length > 0)
  assert.deepEqual(
    published.map(([name, { ports }]) => [name, ports]),
    [['load-balancer', ['127.0.0.1:4566:4566']]],
  )
})

test('the load balancer knows the nodes, with room for more, and asks each for its health', () => {
  const [, slots, host, port] = /^ {4}server-template \S+ (\d+) ([\w-]+):(\d+) check /m.exec(balancer) ?? []
  assert.ok(Number(slots) > (service('millrace').deploy?.replicas ?? 0))
  assert.equal(host, 'millrace')
  assert.deepEqual(
    dockerfile.filter(({ name }) => name === 'EXPOSE').map(({ rest }) => rest),
    [port],
  )
  assert.match(balancer, /http-check send meth GET uri \/_millrace\/health /)
  assert.match(balancer, /^ {4}mode tcp$/m)
})

test('no connection is cut while a node still means to use it', () => {
  const keptAliveSeconds = options.keepAliveTimeoutMs.default / 1000
  for (const name of ['client', 'server']) assert.ok(balancerSeconds(name) > keptAliveSeconds, name)
  const graceSeconds = Number.parseInt(service('millrace').stop_grace_period ?? '', 10)
  assert.ok(graceSeconds > 10, 'a node takes up to ten seconds to stop')
})
