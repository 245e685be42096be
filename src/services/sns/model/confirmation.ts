/** The confirmation of a subscription: its token, and what a ConfirmSubscription must look like. */
import { randomBytes } from 'node:crypto'
import { invalidConfirmationTopic, modelled } from '../errors.ts'
import { parseTopicArn, type RequestRegion } from './arn.ts'
import type { TopicAddress } from './names.ts'

const TOKEN_BYTES = 144
/** Of any length: one that is too short is unknown rather than ill-formed. */
const TOKEN = /^[0-9a-f]+$/i

export const newToken = () => randomBytes(TOKEN_BYTES).toString('hex')

/**
 * Throws InvalidParameter; returns the topic. The token alone decides what is confirmed: the topic has to be one of the
 * region, not the subscription's.
 */
export function checkConfirmation(topicArn: string, token: string, region: RequestRegion): TopicAddress {
  const topic = topicOf(topicArn, region)
  if (!TOKEN.test(token)) throw modelled('InvalidParameterException', 'Invalid token')
  return topic
}

function topicOf(topicArn: string, region: RequestRegion): TopicAddress {
  try {
    return parseTopicArn(topicArn, region)
  } catch {
    throw invalidConfirmationTopic()
  }
}
