import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Rule, rules } from './rules.ts'
import { parseSource } from './source.ts'

/** Path to content. */
type Files = Readonly<Record<string, string>>

interface Case {
  readonly rule: string
  readonly name: string
  readonly files: Files
  /** `path:line` of each finding, the line only where there is one. */
  readonly found: readonly string[]
}

const cases: readonly Case[] = [
  {
    rule: 'no-import-cycles',
    name: 'two files that import each other are one cycle, found at the first',
    files: { 'src/a.ts': "import './b.ts'", 'src/b.ts': "import type { A } from './a.ts'" },
    found: ['src/a.ts'],
  },
  {
    rule: 'no-import-cycles',
    name: 'a file that imports itself is a cycle',
    files: { 'src/a.ts': "export * from './a.ts'" },
    found: ['src/a.ts'],
  },
  {
    rule: 'no-import-cycles',
    name: 'a cycle behind a chain is found on the cycle, not on the chain',
    files: {
      'src/a.ts': "import './b.ts'",
      'src/b.ts': "await import('./c.ts')",
      'src/c.ts': "export { x } from './b.ts'",
    },
    found: ['src/b.ts'],
  },
  {
    rule: 'no-import-cycles',
    name: 'two ways to the same file are no cycle',
    files: {
      'src/a.ts': "import './b.ts'\nimport './c.ts'",
      'src/b.ts': "import './d.ts'",
      'src/c.ts': "import './d.ts'",
      'src/d.ts': 'export const d = 1',
    },
    found: [],
  },
  {
    rule: 'one-door-per-service',
    name: 'the inside of another service is closed, also to types',
    files: { 'src/services/sns/api.ts': "\nimport type { Queue } from '../sqs/store/queues.ts'" },
    found: ['src/services/sns/api.ts:2'],
  },
  {
    rule: 'one-door-per-service',
    name: 'the index of another service and the inside of one’s own are open',
    files: { 'src/services/sns/api.ts': "import '../sqs/index.ts'\nimport './store.ts'\nimport './model/topic.ts'" },
    found: [],
  },
  {
    rule: 'kernel-knows-no-service',
    name: 'the kernel, the entry and the test helpers may not name a service',
    files: {
      'src/kernel/edge/router.ts': "import { sqs } from '../../services/sqs/index.ts'",
      'src/main.ts': "import { sqs } from './services/sqs/index.ts'",
    },
    found: ['src/kernel/edge/router.ts:1', 'src/main.ts:1'],
  },
  {
    rule: 'kernel-knows-no-service',
    name: 'the composition root and what lies outside src may',
    files: {
      'src/platform.ts': "import { sqs } from './services/sqs/index.ts'",
      'tests/conformance/sqs.test.ts': "import { sqs } from '../../src/services/sqs/index.ts'",
    },
    found: [],
  },
  {
    rule: 'time-comes-from-the-clock',
    name: 'each way to the machine’s time is seen',
    files: {
      'src/services/sqs/api.ts': [
        'Date.now()',
        'new Date()',
        'Date()',
        'setTimeout(() => {}, 1)',
        'globalThis.setInterval(() => {}, 1)',
        "import { setTimeout as sleep } from 'node:timers/promises'",
      ].join('\n'),
    },
    found: [1, 2, 3, 4, 5, 6].map((line) => `src/services/sqs/api.ts:${line}`),
  },
  {
    rule: 'time-comes-from-the-clock',
    name: 'a date from a number, a socket’s timeout, a turn and a mention in a comment or a string are fine',
    files: {
      'src/kernel/wakers/wakers.ts': "import { setImmediate as nextTurn } from 'node:timers/promises'",
      'src/kernel/edge/server.ts': "new Date(0)\nsocket.setTimeout(5)\n// Date.now()\nconst hint = 'not Date.now()'",
    },
    found: [],
  },
  {
    rule: 'time-comes-from-the-clock',
    name: 'the clock itself may read it, and so may what is not the program',
    files: { 'src/kernel/clock/clock.ts': 'Date.now()', 'bench/main.ts': 'Date.now()' },
    found: [],
  },
  {
    rule: 'sql-lives-in-stores',
    name: 'statements in handlers are seen, whatever their case and layout',
    files: {
      'src/services/sqs/api.ts': [
        "tx.run('delete from sqs_message')",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test holds a template
        'tx.all(`SELECT id FROM ${table} where a = ?`)',
        "tx.run('update sqs_message set a = 1')",
        "tx.run('insert into sqs_message values (1)')",
        'tx.all(`\n  with picked as (select 1) select * from picked`)',
      ].join('\n'),
    },
    found: [1, 2, 3, 4, 5].map((line) => `src/services/sqs/api.ts:${line}`),
  },
  {
    rule: 'sql-lives-in-stores',
    name: 'prose that begins like a statement is fine',
    files: { 'src/services/sqs/errors.ts': "['Update the queue.', 'Selected from', 'Delete it', 'with care']" },
    found: [],
  },
  {
    rule: 'sql-lives-in-stores',
    name: 'stores, the kernel’s engines and tests hold SQL',
    files: Object.fromEntries(
      [
        'src/services/sqs/store.ts',
        'src/services/sqs/store/claim.ts',
        'src/kernel/store/sqlite/engine.ts',
        'src/kernel/jobs/store.ts',
        'src/services/sqs/api.test.ts',
      ].map((path) => [path, "tx.run('delete from sqs_message')"]),
    ),
    found: [],
  },
  {
    rule: 'files-read-in-one-sitting',
    name: 'four hundred lines fit, one more does not',
    files: { 'src/fits.ts': 'f()\n'.repeat(400), 'src/long.ts': 'f()\n'.repeat(401) },
    found: ['src/long.ts'],
  },
]

for (const { rule, name, files, found } of cases) {
  test(`${rule}: ${name}`, () => {
    const sources = Object.entries(files).map(([path, content]) => parseSource(path, content))
    const findings = ruleNamed(rule).check(sources)
    assert.deepEqual(
      findings.map(({ path, line }) => (line === undefined ? path : `${path}:${line}`)),
      found,
    )
  })
}

test('every rule has a case that breaks it and one that keeps it', () => {
  for (const { name } of rules) {
    const ofRule = cases.filter(({ rule }) => rule === name)
    assert.ok(
      ofRule.some(({ found }) => found.length > 0),
      `${name} is never broken`,
    )
    assert.ok(
      ofRule.some(({ found, files }) => found.length < Object.keys(files).length),
      `${name} is never kept`,
    )
  }
})

test('a file that is not TypeScript is refused by name', () => {
  assert.throws(() => parseSource('src/broken.ts', 'const = 1'), /^SyntaxError: src\/broken\.ts: /)
})

function ruleNamed(name: string): Rule {
  const rule = rules.find((candidate) => candidate.name === name)
  assert.ok(rule, `no rule is named ${name}`)
  return rule
}
