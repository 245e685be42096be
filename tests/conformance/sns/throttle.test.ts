/** `maxReceivesPerSecond`: as slow as an endpoint wants it, and no slower. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEndpoint, settled, subscribeEndpoint } from './outside.ts'
import { startSns } from './support.ts'

const sns = await startSns()

const throttle = (maxReceivesPerSecond: number) => JSON.stringify({ throttlePolicy: { maxReceivesPerSecond } })

test('deliveries begin no faster than the subscription says', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint, { DeliveryPolicy: throttle(50) })
  const times: number[] = []
  endpoint.answer = () => {
    times.push(performance.now())
    return 200
  }
  for (let i = 0; i < 25; i++) await sns.publish(topicArn, `m${i}`)
  await endpoint.next(25)
  const took = (times.at(-1) as number) - (times[0] as number)
  assert.ok(took >= 24 * 20 - 40, `25 deliveries took ${took} ms`)
})

test('one that is slow to answer gets as many as the rate allows, not one after the other', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint, { DeliveryPolicy: throttle(50) })
  endpoint.answer = () => 'none'
  for (let i = 0; i < 10; i++) await sns.publish(topicArn, `m${i}`)
  await endpoint.next(10) // before any of them is answered
})

test('the rate of a topic holds for each of its subscriptions, across the runs of a job', async () => {
  const http = { defaultThrottlePolicy: { maxReceivesPerSecond: 1 } }
  const topicArn = await sns.createTopic({ DeliveryPolicy: JSON.stringify({ http }) })
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint)
  const times: number[] = []
  endpoint.answer = () => {
    times.push(sns.node.clock.now())
    return 200
  }
  for (let i = 0; i < 4; i++) {
    const published = settled(sns, () => sns.publish(topicArn, `m${i}`))
    await endpoint.next(1)
    sns.advance(1) // what is left of the second
    await published
  }
  for (const [i, at] of times.slice(1).entries()) assert.ok(at - (times[i] as number) >= 1000)
})
