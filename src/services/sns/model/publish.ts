/**
 * What a publish may be: its one target, its message and subject, and the ids that FIFO topics need, in SNS's checking
 * order. What depends on a topic's attributes (is content-based deduplication on?), or on whether an endpoint exists, is
 * for the store to find out and errors.ts to say.
 */
import type { PublishInput } from '@aws-sdk/client-sns'
import { hasMoreCharacters } from '../../../kernel/protocol/characters.ts'
import { invalidParameter } from '../errors.ts'
import { type EndpointAddress, parseTargetArn, parseTopicArn } from './arn.ts'
import { type AttributeMap, attributesSize, checkMessageAttributes } from './message-attributes.ts'
import { type MessageTexts, parseMessageStructure } from './message-structure.ts'
import { isFifoName, type TopicAddress } from './names.ts'
import { checkPublishNumber } from './phone-number.ts'
import { MAX_SMS_CHARACTERS } from './sms-parts.ts'

/** A Publish but for its target, or an entry of a PublishBatch. */
export type OutgoingMessage = Pick<
  PublishInput,
  'Subject' | 'MessageStructure' | 'MessageAttributes' | 'MessageGroupId' | 'MessageDeduplicationId'
> & { readonly Message: string }

type Publish = OutgoingMessage & Pick<PublishInput, 'TopicArn' | 'TargetArn' | 'PhoneNumber'>

export type PublishTarget =
  | { readonly topic: TopicAddress }
  | { readonly endpoint: EndpointAddress }
  | { readonly phoneNumber: string }

export interface CheckedPublish {
  readonly target: PublishTarget
  /** With the message structure `json`; not of a publish to an endpoint, whose state is looked at before its text. */
  readonly texts: MessageTexts | undefined
}

/** Of a message, and of a batch: text and attributes. */
export const MAX_MESSAGE_BYTES = 262_144

/** Throws what is wrong with a Publish: InvalidParameter, or ParameterValueInvalid for its attributes. */
export function checkPublish(publish: Publish, region: string): CheckedPublish {
  const name = targetNameOf(publish)
  checkContent(publish)
  const target = targetOf(name, publish[name] ?? '', region)
  checkMessageAttributes(publish.MessageAttributes ?? {})
  const texts = 'endpoint' in target ? undefined : textsOf(publish)
  checkIds(publish, 'topic' in target && isFifoName(target.topic.name))
  const isTooLong =
    messageSize(publish) > MAX_MESSAGE_BYTES ||
    ('phoneNumber' in target && hasMoreCharacters(publish.Message, MAX_SMS_CHARACTERS))
  if (isTooLong) throw invalidParameter('Message too long')
  return { target, texts }
}

/** Throws what is wrong with an entry of a PublishBatch, but for its size: that of the whole batch counts. */
export function checkEntry(entry: OutgoingMessage, fifo: boolean): MessageTexts | undefined {
  checkContent(entry)
  checkMessageAttributes(entry.MessageAttributes ?? {})
  const texts = textsOf(entry)
  checkIds(entry, fifo)
  return texts
}

const TARGETS = ['TopicArn', 'TargetArn', 'PhoneNumber'] as const

type TargetName = (typeof TARGETS)[number]

/** Beside another target, the empty text is no value; alone, it is a wrong one. */
function targetNameOf(publish: Publish): TargetName {
  const given = TARGETS.filter((name) => publish[name])
  const name = given[0] ?? TARGETS.find((target) => publish[target] !== undefined)
  if (name === undefined) throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
  if (given.length > 1) throw invalidParameter(`${given.join(', ')} Reason: only one of them may be given`)
  return name
}

function targetOf(name: TargetName, text: string, region: string): PublishTarget {
  if (name === 'TopicArn') return { topic: parseTopicArn(text, region) }
  if (name === 'TargetArn') return parseTargetArn(text, region)
  checkPublishNumber(text)
  return { phoneNumber: text }
}

/** Begins with a letter, a digit or punctuation, and has no line breaks: it becomes a mail header. */
const SUBJECT = /^[\p{L}\p{N}\p{P}\p{S}][^\p{Cc}\p{Zl}\p{Zp}]{0,99}$/u

function checkContent({ Message: message, Subject: subject }: OutgoingMessage): void {
  if (message === '') throw invalidParameter('Empty message')
  // The one character that a database may refuse as a part of a text.
  if (message.includes('\0')) throw invalidParameter('Message Reason: must not contain the character #x0')
  if (subject !== undefined && !SUBJECT.test(subject)) throw invalidParameter('Subject')
}

/** All of ASCII that is visible: letters, digits and punctuation. */
const IDENTIFIER = /^[!-~]{1,128}$/

function checkIds({ MessageGroupId: group, MessageDeduplicationId: id }: OutgoingMessage, fifo: boolean): void {
  if (fifo && group === undefined) {
    throw invalidParameter('The MessageGroupId parameter is required for FIFO topics')
  }
  if (!fifo && id !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    )
  }
  checkIdentifier('MessageGroupId', group)
  checkIdentifier('MessageDeduplicationId', id)
}

function checkIdentifier(parameter: string, value: string | undefined): void {
  if (value === undefined || IDENTIFIER.test(value)) return
  throw invalidParameter(
    `${parameter} Reason: ${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  )
}

/** The message for each protocol, or for the platform of an endpoint. Throws InvalidParameter. */
export function textsOf(
  { Message, MessageStructure }: Pick<OutgoingMessage, 'Message' | 'MessageStructure'>,
  platform?: string,
): MessageTexts | undefined {
  if (MessageStructure === undefined) return undefined
  if (MessageStructure !== 'json') throw invalidParameter('MessageStructure')
  return parseMessageStructure(Message, platform)
}

/** What counts against the limit, in bytes: the text and the attributes, not the subject. */
export const messageSize = ({ Message, MessageAttributes }: OutgoingMessage) =>
  Buffer.byteLength(Message) + attributesSize((MessageAttributes ?? {}) as AttributeMap)
