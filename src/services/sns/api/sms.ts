/** Text messages: the settings of an account, opt-outs, and the sandbox. */
import { randomInt, randomUUID } from 'node:crypto'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { decodeNextToken, encodeNextToken, PAGE_SIZE, pageSize } from '../model/page-token.ts'
import { checkOptOutNumber, checkPublishNumber } from '../model/phone-number.ts'
import { shownSmsAttributes } from '../model/sms-attributes.ts'
import { checkNewSandboxNumber, checkSandboxNumber, checkVerification, passwordMessage } from '../model/sms-sandbox.ts'
import {
  addSandboxNumber,
  deleteSandboxNumber,
  getSmsAttributes,
  isOptedOut,
  listOptedOut,
  listSandboxNumbers,
  optIn,
  setSmsAttributes,
  verifySandboxNumber,
} from '../store.ts'
import { originFor, pageOf, type SNS, type SnsContext } from './context.ts'

const MAX_SANDBOX_RESULTS = 100
const MAX_ORIGINATION_RESULTS = 30
const PASSWORD_DIGITS = 6

export const sms = (sns: SnsContext) =>
  ({
    async SetSMSAttributes({ attributes }, { accountId, region }) {
      await sns.store.execute(setSmsAttributes, { accountId, region, given: attributes })
      return {}
    },

    async GetSMSAttributes({ attributes: names }, { accountId, region }) {
      const attributes = await sns.store.execute(getSmsAttributes, { accountId, region })
      return { attributes: shownSmsAttributes(attributes, names) }
    },

    async CheckIfPhoneNumberIsOptedOut({ phoneNumber }, { accountId, region }) {
      checkOptOutNumber(phoneNumber)
      return { isOptedOut: await sns.store.execute(isOptedOut, { accountId, region, phoneNumber }) }
    },

    async ListPhoneNumbersOptedOut({ nextToken }, { accountId, region }) {
      const listing = `opted out ${accountId} ${region}`
      const after = nextToken ? decodeNextToken(listing, nextToken) : ''
      const found = await sns.store.execute(listOptedOut, { accountId, region, after, limit: PAGE_SIZE + 1 })
      const { shown, last } = pageOf(found, PAGE_SIZE)
      return { phoneNumbers: [...shown], nextToken: last && encodeNextToken(listing, last) }
    },

    async OptInPhoneNumber({ phoneNumber }, { accountId, region }) {
      checkOptOutNumber(phoneNumber)
      await sns.store.execute(optIn, { accountId, region, phoneNumber })
      return {}
    },

    /**
     * An account is in the sandbox until the platform has a provider to send with. What the sandbox is for, that nobody is
     * texted who has not agreed, holds then by itself: every message stays in the outbox.
     */
    GetSMSSandboxAccountStatus: () => ({ IsInSandbox: sns.config.sns.smsWebhookUrl === undefined }),

    async CreateSMSSandboxPhoneNumber({ PhoneNumber, LanguageCode }, caller) {
      const language = checkNewSandboxNumber(PhoneNumber, LanguageCode)
      checkPublishNumber(PhoneNumber)
      const { accountId, region, principal } = caller
      const password = String(randomInt(10 ** PASSWORD_DIGITS)).padStart(PASSWORD_DIGITS, '0')
      await sns.store.execute(addSandboxNumber, {
        accountId,
        region,
        phoneNumber: PhoneNumber,
        password,
        message: passwordMessage(language, password),
        messageId: randomUUID(),
        sender: principal.id,
        origin: originFor(sns, caller),
      })
      return {}
    },

    async VerifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword }, { accountId, region }) {
      checkVerification(PhoneNumber, OneTimePassword)
      const call = { accountId, region, phoneNumber: PhoneNumber, password: OneTimePassword }
      await sns.store.execute(verifySandboxNumber, call)
      return {}
    },

    async DeleteSMSSandboxPhoneNumber({ PhoneNumber }, { accountId, region }) {
      checkSandboxNumber(PhoneNumber)
      await sns.store.execute(deleteSandboxNumber, { accountId, region, phoneNumber: PhoneNumber })
      return {}
    },

    async ListSMSSandboxPhoneNumbers({ NextToken, MaxResults }, { accountId, region }) {
      const listing = `sandbox ${accountId} ${region}`
      const limit = pageSize(MaxResults, MAX_SANDBOX_RESULTS)
      const after = NextToken ? decodeNextToken(listing, NextToken) : ''
      const found = await sns.store.execute(listSandboxNumbers, { accountId, region, after, limit: limit + 1 })
      const { shown, last } = pageOf(found, limit)
      return {
        PhoneNumbers: shown.map(({ phoneNumber, verified }) => ({
          PhoneNumber: phoneNumber,
          Status: verified ? 'Verified' : 'Pending',
        })),
        NextToken: last && encodeNextToken(listing, last.phoneNumber),
      }
    },

    /** None: numbers to send from are the provider's, which knows them; an account has none of its own here. */
    ListOriginationNumbers({ NextToken, MaxResults }, { accountId, region }) {
      pageSize(MaxResults, MAX_ORIGINATION_RESULTS)
      if (NextToken) decodeNextToken(`origination ${accountId} ${region}`, NextToken)
      return { PhoneNumbers: [] }
    },
  }) satisfies PartialHandlers<SNS>
