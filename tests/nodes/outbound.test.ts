/** Nodes over one database know where the others listen, and send nothing there. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { after, before, suite, test } from 'node:test'
import { startNode, type TestNode } from '../../src/testing/node.ts'
import { dropDatabase, freshDatabase } from '../../src/testing/postgres.ts'
import { shiftClock } from '../../src/testing/shift-clock.ts'
import { eventually, metric } from '../conformance/sns/outside.ts'
import { invalidParameter, SnsFixture } from '../conformance/sns/support.ts'

const store = await freshDatabase()

suite('two nodes', { skip: store === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  const fixtures: SnsFixture[] = []
  let topicArn: string

  before(async () => {
    for (let i = 0; i < 2; i++) fixtures.push(new SnsFixture(await startNode({ store })))
    topicArn = await (fixtures[0] as SnsFixture).createTopic()
  })
  after(async () => {
    await Promise.all(fixtures.map((fixture) => fixture.close()))
    await dropDatabase(store as string)
  })

  const subscribe = (fixture: SnsFixture, { port }: { port: number }, host = '127.0.0.1') =>
    fixture.subscribe(topicArn, 'http', `http://${host}:${port}/_millrace/reset`)
  const isRefused = (fixture: SnsFixture, node: { port: number }) =>
    subscribe(fixture, node).then(
      () => false,
      (error) => invalidParameter('Unreachable Endpoint')(error),
    )
  const [first, second] = [() => fixtures[0] as SnsFixture, () => fixtures[1] as SnsFixture]

  test('the later one knows the earlier one from its first moment on, and is known soon', async () => {
    assert.equal(await isRefused(second(), first().node), true)
    await eventually(() => isRefused(first(), second().node))
    await first().sns.getTopicAttributes({ TopicArn: topicArn })
  })

  test('a name of the other node’s address is found out when it is sent to', async (t) => {
    const found = [{ address: '127.0.0.1', family: 4 }]
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) => answer(null, found))
    await eventually(() => isRefused(first(), second().node))
    const attempts = async () => {
      const runs = fixtures.map(({ node }) => metric(node.url, 'job_runs_total', 'kind="sns.deliver"'))
      return (await Promise.all(runs)).reduce((sum, each) => sum + each)
    }
    const before = await attempts()
    const arn = await subscribe(first(), second().node, 'other.example')
    await eventually(async () => (await attempts()) > before)
    await first().sns.getTopicAttributes({ TopicArn: topicArn })
    const { Attributes } = await first().sns.getSubscriptionAttributes({ SubscriptionArn: arn })
    assert.equal(Attributes?.PendingConfirmation, 'true')
  })

  test('still, after the clock was moved and after a reset', async () => {
    await shiftClock(first().node.url, 3_600_000)
    await eventually(() => isRefused(first(), second().node))
    await eventually(() => isRefused(second(), first().node))
    await fetch(`${first().node.url}/_millrace/reset`, { method: 'POST' })
    topicArn = await first().createTopic()
    await eventually(() => isRefused(first(), second().node))
    await eventually(() => isRefused(second(), first().node))
  })

  test('a node that has stopped is forgotten', async () => {
    const third: TestNode = await startNode({ store })
    await eventually(() => isRefused(first(), third))
    await third.stop()
    await eventually(async () => !(await isRefused(first(), third)))
  })
})
