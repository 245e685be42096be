/** The alerts and the operator's handbook name the metrics that a node has. */
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { startNode } from '../../src/testing/node.ts'
import { readText, readYaml } from './files.ts'

interface AlertFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

const alerts = readYaml<AlertFile>('deploy/prometheus/alerts.yaml').groups.flatMap(({ rules }) => rules)
const handbook = readText('docs/operations.md')

const metricsNamedIn = (text: string) => new Set(text.match(/\b(millrace|nodejs|process)_[a-z0-9_]+\b/g))

suite('monitoring', () => {
  let scrape = ''
  before(async () => {
    await using node = await startNode()
    await fetch(`${node.url}/?Action=CreateQueue&Version=2012-11-05&QueueName=q`)
    scrape = await (await fetch(`${node.url}/_millrace/metrics`)).text()
  })

  const families = () => Array.from(scrape.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name as string)

  for (const { alert, expr } of alerts) {
    test(`${alert} asks for metrics that exist, and the handbook explains it`, () => {
      const samples = new Set(Array.from(scrape.matchAll(/^([a-z0-9_]+)[ {]/gm), ([, name]) => name))
      for (const name of metricsNamedIn(expr)) {
        assert.ok(samples.has(name) || families().includes(name), name)
      }
      assert.ok(handbook.includes(`\`${alert}\``))
    })
  }

  test('the handbook names every metric of the platform, and no other', () => {
    const own = families().filter((name) => name.startsWith('millrace_'))
    assert.ok(own.length > 5)
    const described = [...metricsNamedIn(handbook)].filter((name) => name.startsWith('millrace_'))
    assert.deepEqual(described.toSorted(), own.toSorted())
  })
})
