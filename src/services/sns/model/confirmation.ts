/** The confirmation of a subscription: its token, and what a ConfirmSubscription must look like. */
import { randomBytes } from 'node:crypto'
import { invalidParameter, modelled } from '../errors.ts'
import { parseTopicArn, type RequestRegion } from './arn.ts'

const TOKEN_BYTES = 144
const TOKEN = /^[0-9a-f]{288}$/

export const newToken = () => randomBytes(TOKEN_BYTES).toString('hex')

/**
 * Throws InvalidParameter. The token alone decides what is confirmed: the topic has to be one of the region, not the
 * subscription's.
 */
export function checkConfirmation(topicArn: string, token: string, region: RequestRegion): void {
  try {
    parseTopicArn(topicArn, region)
  } catch {
    throw invalidParameter('Topic')
  }
  if (!TOKEN.test(token)) throw modelled('InvalidParameterException', 'Invalid token')
}
