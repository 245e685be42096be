/** The manifests agree with each other, with the image, and with what a node answers. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { readConfig } from '../../src/kernel/config/config.ts'
import { HostNames } from '../../src/kernel/edge/guard/hosts.ts'
import { startNode } from '../../src/testing/node.ts'
import { lastStage, readText, readYaml, root } from './files.ts'

type Labels = Readonly<Record<string, string>>
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
  readonly periodSeconds: number
  readonly failureThreshold: number
}
interface Container {
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
  }[]
  readonly ports: readonly { name: string; containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
  readonly resources: { readonly requests: Labels; readonly limits: Labels }
  readonly securityContext: object
}
interface Deployment {
  readonly spec: {
    readonly replicas: number
    readonly strategy: { readonly rollingUpdate: object }
    readonly selector: { readonly matchLabels: Labels }
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations: Labels }
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number; runAsGroup: number }
        readonly containers: readonly [Container]
      }
    }
  }
}

const read = <T>(name: string) => readYaml<T>(`deploy/kubernetes/${name}.yaml`)

const { spec } = read<Deployment>('deployment')
const pod = spec.template.spec
const [container] = pod.containers
const podLabels = spec.template.metadata.labels

test('losing a node, or replacing it, leaves others to serve', () => {
  const budget = read<{ spec: { maxUnavailable: number; selector: { matchLabels: Labels } } }>('pod-disruption-budget')
  assert.equal(spec.replicas, 3)
  assert.ok(budget.spec.maxUnavailable >= 1, 'otherwise no machine can be drained')
  assert.ok(budget.spec.maxUnavailable < spec.replicas)
  assert.deepEqual(spec.strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 })
})

test('whatever selects pods selects these', () => {
  const service = read<{ spec: { selector: Labels } }>('service')
  const budget = read<{ spec: { selector: { matchLabels: Labels } } }>('pod-disruption-budget')
  const policy = read<{ spec: { podSelector: { matchLabels: Labels } } }>('network-policy')
  const selectors = [
    spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
    policy.spec.podSelector.matchLabels,
  ]
  for (const selector of selectors) assert.deepEqual(selector, podLabels)
})

test('a node runs without rights, as the user of the image', () => {
  const user = lastStage(readText('Dockerfile')).findLast(({ name }) => name === 'USER')
  assert.equal(user?.rest, `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`)
  assert.equal(pod.securityContext.runAsNonRoot, true)
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.ok(
    container.resources.requests.cpu && container.resources.requests.memory && container.resources.limits.memory,
  )
})

test('a ready node passes every probe, and only readiness depends on the store', async () => {
  const { startupProbe, readinessProbe, livenessProbe } = container
  const { annotations } = spec.template.metadata
  assert.equal(readinessProbe.httpGet.path, '/_millrace/health')
  assert.equal(startupProbe.httpGet.path, '/_millrace/live')
  assert.equal(livenessProbe.httpGet.path, '/_millrace/live')
  await using node = await startNode()
  const paths = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path)
  for (const path of [...paths, annotations['prometheus.io/path']]) {
    assert.equal((await fetch(`${node.url}${path}`)).status, 200, path)
  }
})

test('a node may be called by every name that the cluster gives its service', () => {
  const { namespace } = read<{ namespace: string }>('kustomization')
  const { name } = read<{ metadata: { name: string } }>('service').metadata
  const env = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))
  const names = new HostNames(readConfig([], Object.fromEntries(env)).allowHosts)
  for (const domain of ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`]) {
    assert.equal(names.judge(`${name}${domain}:4566`), 'ours', domain)
  }
})

test('every port leads to the one that a node listens on', () => {
  const service = read<{ spec: { ports: readonly { port: number; targetPort: string }[] } }>('service')
  const exposed = lastStage(readText('Dockerfile')).find(({ name }) => name === 'EXPOSE')
  assert.deepEqual(container.ports, [{ name: 'http', containerPort: Number(exposed?.rest) }])
  assert.deepEqual(
    service.spec.ports.map(({ port, targetPort }) => [port, targetPort]),
    [[4566, 'http']],
  )
  assert.equal(spec.template.metadata.annotations['prometheus.io/port'], exposed?.rest)
  for (const { httpGet } of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    assert.equal(httpGet.port, 'http')
  }
})

test('a node has the time to leave: for the cluster to notice, and then ten seconds to stop', () => {
  const [program, seconds] = container.lifecycle.preStop.exec.command
  assert.equal(program, 'sleep')
  assert.ok(pod.terminationGracePeriodSeconds > Number(seconds) + 10)
})

test('the store’s address comes from the secret, which is applied by hand', () => {
  const secret = read<{ metadata: { name: string; namespace: string }; stringData: Labels }>('secret')
  const { namespace, resources } = read<{ namespace: string; resources: readonly string[] }>('kustomization')
  const store = container.env.find(({ name }) => name === 'MILLRACE_STORE')?.valueFrom?.secretKeyRef
  assert.equal(store?.name, secret.metadata.name)
  assert.match(secret.stringData[store?.key ?? ''] ?? '', /^postgres:\/\/\w+:change-me@.*sslmode=verify-full$/)
  assert.equal(secret.metadata.namespace, namespace)
  const files = globSync('*.yaml', { cwd: new URL('deploy/kubernetes/', root) })
  assert.deepEqual(resources.toSorted(), files.filter((file) => !/^(kustomization|secret)\./.test(file)).toSorted())
})
