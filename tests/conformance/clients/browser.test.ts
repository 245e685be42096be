/**
 * What pages in a real browser can do to a node beside it: those of others nothing, those of an allowed origin what any
 * client can. The same as bytes, and more of it, is in tests/conformance/edge/guards.test.ts.
 *
 * Chromium finds `evil.example` on this machine: it stands for any other site, and, at the node's own port, for a name that
 * was led here after its page had been loaded.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Browser, chromium as driver, type Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { chromium, skipUnless } from '../../../src/testing/clients.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { call, FORM_HEADERS } from '../edge/support.ts'
import { confirmationToken } from './support.ts'

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:topic'
const CREATE = '?Action=CreateQueue&QueueName=x'

describe('pages in Chromium', { skip: skipUnless(chromium) }, () => {
  const site = createServer()
  let node: TestNode
  let browser: Browser
  let sitePort: number
  let kept: string

  before(async () => {
    const files = new Map([
      ['/page.mjs', readFileSync(new URL('page.mjs', import.meta.url), 'utf8')],
      ['/sdk.js', await bundledSdk()],
    ])
    site.on('request', ({ url = '' }, response) => {
      const target = new URLSearchParams(url.split('?')[1]).get('redirect')
      if (target !== null) return response.writeHead(302, { location: target }).end()
      const file = files.get(url)
      const type = file === undefined ? 'text/html' : 'text/javascript'
      response.writeHead(200, { 'content-type': type }).end(file ?? HTML)
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    sitePort = (site.address() as AddressInfo).port
    node = await startNode({ allowOrigins: [`http://localhost:${sitePort}`] })
    kept = (await call(node.url, 'CreateQueue', { QueueName: 'kept' })).QueueUrl
    await call(node.url, 'SendMessage', { QueueUrl: kept, MessageBody: 'secret' })
    browser = await driver.launch({
      executablePath: chromium.path(),
      args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    })
  })
  after(async () => {
    await browser?.close()
    await node?.stop()
    site.close()
  })

  async function open<T>(url: string, act: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage()
    try {
      await page.goto(url)
      return await act(page)
    } finally {
      await page.close()
    }
  }

  const attempt = (page: Page, name: string, ...args: unknown[]): Promise<unknown> =>
    page.evaluate(`tries.${name}(${args.map((arg) => JSON.stringify(arg)).join()})`)

  async function refusals(): Promise<number> {
    const metrics = await (await fetch(`${node.url}/_millrace/metrics`)).text()
    return Number(/requests_total\{[^}]*code="ForbiddenOrigin"\} (\d+)/.exec(metrics)?.[1] ?? 0)
  }

  async function assertUntouched(): Promise<void> {
    assert.deepEqual((await call(node.url, 'ListQueues', {})).QueueUrls, [kept])
    const AttributeNames = ['ApproximateNumberOfMessages']
    const { Attributes } = await call(node.url, 'GetQueueAttributes', { QueueUrl: kept, AttributeNames })
    assert.equal(Attributes.ApproximateNumberOfMessages, '1')
    assert.equal(node.clock.offset, 0)
  }

  for (const [name, host] of [
    ['another site', 'evil.example'],
    ['another port', '127.0.0.1'],
  ] as const) {
    test(`a page of ${name} does nothing and reads nothing`, async () => {
      await open(`http://${host}:${sitePort}/`, async (page) => {
        const receive = { Action: 'ReceiveMessage', QueueUrl: kept }
        const json = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' }
        const body = new URLSearchParams(receive).toString()
        const silent = { method: 'POST', mode: 'no-cors' }
        const tries: [name: string, ...unknown[]][] = [
          ['image', `${node.url}/${CREATE}`],
          ['frame', `${node.url}/${CREATE}`],
          ['form', node.url, receive, 'application/x-www-form-urlencoded'],
          ['form', `${node.url}/?${body}`, { x: 'y' }, 'text/plain'],
          ['fetch', node.url, { ...silent, headers: FORM_HEADERS, body }],
          ['fetch', `${node.url}/${CREATE}`, { mode: 'no-cors' }],
          ['fetch', node.url, { method: 'POST', headers: json, body: JSON.stringify({ QueueUrl: kept }) }],
          ['fetch', `${node.url}/?${body}`],
          ['fetch', `${node.url}/_millrace/outbox`],
          ['fetch', `${node.url}/_millrace/reset`, silent],
          ['fetch', `${node.url}/_millrace/clock`, { ...silent, body: '{"advanceMs":60000}' }],
        ]
        for (const attack of tries) {
          const before = await refusals()
          const outcome = attack[0] === 'fetch' ? 'blocked' : undefined
          assert.equal(await attempt(page, ...attack), outcome, JSON.stringify(attack))
          await assertUntouched()
          assert.equal(await refusals(), before + 1, `it has reached the node: ${JSON.stringify(attack)}`)
        }
      })
    })
  }

  test('a page whose name was led to the node does nothing and reads nothing', async () => {
    await open(`http://evil.example:${node.port}/`, async (page) => {
      assert.match((await page.textContent('body')) ?? '', /--allow-hosts evil\.example/)
      await page.addScriptTag({ path: new URL('page.mjs', import.meta.url).pathname, type: 'module' })
      for (const [path, options] of [
        ['/?Action=ListQueues', {}],
        ['/_millrace/outbox', {}],
        ['/_millrace/reset', { method: 'POST' }],
        ['/', { method: 'POST', headers: FORM_HEADERS, body: 'Action=ListQueues' }],
      ]) {
        assert.match(String(await attempt(page, 'fetch', path, options)), /^421 /)
      }
    })
    await assertUntouched()
  })

  test('an address that is opened calls nothing, though a site that was typed has redirected to it', async () => {
    for (const from of ['', `http://evil.example:${sitePort}/?redirect=`]) {
      const target = `${node.url}/${CREATE}`
      await open(from === '' ? target : from + encodeURIComponent(target), async (page) => {
        assert.equal(page.url(), target)
        assert.ok((await page.content()).includes('ForbiddenOrigin'))
      })
    }
    await assertUntouched()
  })

  test('a link in webmail confirms, and an image or a frame with its address does not', async () => {
    const query = async (parameters: Record<string, string>) => {
      const body = new URLSearchParams({ Version: '2010-03-31', ...parameters })
      return (await fetch(node.url, { method: 'POST', body })).text()
    }
    await query({ Action: 'CreateTopic', Name: 'topic' })
    const isPending = async () =>
      (await query({ Action: 'ListSubscriptionsByTopic', TopicArn: TOPIC })).includes('PendingConfirmation')
    for (const [address, form] of [
      ['api@example.com', '?Action=ConfirmSubscription&'],
      ['page@example.com', 'confirmation.html?'],
    ]) {
      await query({ Action: 'Subscribe', TopicArn: TOPIC, Protocol: 'email', Endpoint: address as string })
      const token = await confirmationToken(node.url, address as string)
      const link = `${node.url}/${form}TopicArn=${TOPIC}&Token=${token}`
      await open(`http://evil.example:${sitePort}/`, async (page) => {
        for (const way of ['image', 'frame']) await attempt(page, way, link)
        assert.equal(await attempt(page, 'fetch', link, { mode: 'no-cors' }), 'blocked')
        assert.equal(await isPending(), true)
        await attempt(page, 'link', link)
        const [opened] = await Promise.all([page.context().waitForEvent('page'), page.click('a')])
        await opened.waitForLoadState()
        assert.equal(await isPending(), false)
        await opened.close()
      })
    }
  })

  test('the SDK in a page of an allowed origin works, and in one of another does not', async () => {
    const use = (host: string) =>
      open(`http://${host}:${sitePort}/`, (page) => attempt(page, 'sendAndReceive', node.url))
    assert.deepEqual(await use('127.0.0.1'), { thrown: 'TypeError' })
    await assertUntouched()
    assert.deepEqual(await use('localhost'), { body: 'hello from a page', refusal: 'QueueDoesNotExist' })
  })
})

const HTML =
  '<!doctype html><title>page</title><body><script src="/sdk.js"></script><script type="module" src="/page.mjs"></script>'

/** The official client as a script for browsers, which leaves it in `SDK`. */
async function bundledSdk(): Promise<string> {
  const bundle = await rolldown({ input: '@aws-sdk/client-sqs', platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'iife', name: 'SDK' })
  await bundle.close()
  return output[0].code
}
