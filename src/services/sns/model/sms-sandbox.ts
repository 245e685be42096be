/** The SMS sandbox: what its operations take. The framework under SNS checks them, and tells all that is wrong at once. */
import type { LanguageCodeString } from '@aws-sdk/client-sns'
import { modelled, validationError, valueBreaks } from '../errors.ts'

/** Numbers an account may have. */
export const MAX_SANDBOX_NUMBERS = 10

const PHONE_NUMBER = '^(\\+[0-9]{8,}|[0-9]{0,9})$'
const ONE_TIME_PASSWORD = '^[0-9]+$'
const MAX_PHONE_LENGTH = 20

/** What a number is sent to be verified, before the password. */
const SENTENCES: Readonly<Record<LanguageCodeString, string>> = {
  'en-US': 'Your verification code is:',
  'en-GB': 'Your verification code is:',
  'es-419': 'Su código de verificación es:',
  'es-ES': 'Su código de verificación es:',
  'de-DE': 'Ihr Bestätigungscode lautet:',
  'fr-CA': 'Votre code de vérification est :',
  'fr-FR': 'Votre code de vérification est :',
  'it-IT': 'Il tuo codice di verifica è:',
  'ja-JP': '認証コード:',
  'pt-BR': 'Seu código de verificação é:',
  'kr-KR': '인증 코드:',
  'zh-CN': '验证码：',
  'zh-TW': '驗證碼：',
}

const LANGUAGES = Object.keys(SENTENCES) as LanguageCodeString[]

const matches = (pattern: string) => `satisfy regular expression pattern: ${pattern}`

function phoneFaults(phoneNumber: string): string[] {
  const faults: string[] = []
  const fault = (constraint: string) => faults.push(valueBreaks(phoneNumber, 'phoneNumber', constraint))
  if (phoneNumber.length > MAX_PHONE_LENGTH) fault(`have length less than or equal to ${MAX_PHONE_LENGTH}`)
  if (!new RegExp(PHONE_NUMBER).test(phoneNumber)) fault(matches(PHONE_NUMBER))
  return faults
}

function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw validationError(faults)
}

/** Throws ValidationError. */
export const checkSandboxNumber = (phoneNumber: string): void => throwFaults(phoneFaults(phoneNumber))

/** Throws ValidationError; returns the language, which is English if none is given. */
export function checkNewSandboxNumber(phoneNumber: string, language: string = 'en-US'): LanguageCodeString {
  const known = LANGUAGES.find((code) => code === language)
  const faults = phoneFaults(phoneNumber)
  if (known === undefined) {
    faults.push(valueBreaks(language, 'languageCode', `satisfy enum value set: [${LANGUAGES.join(', ')}]`))
  }
  throwFaults(faults)
  return known as LanguageCodeString
}

export const passwordMessage = (language: LanguageCodeString, password: string): string =>
  `${SENTENCES[language]} ${password}`

/** Throws ValidationError. Whether it is the right password is for the store to say. */
export function checkVerification(phoneNumber: string, password: string): void {
  const faults = phoneFaults(phoneNumber)
  const fault = (constraint: string) => faults.push(valueBreaks(password, 'oneTimePassword', constraint))
  if (password.length < 5) fault('have length greater than or equal to 5')
  if (password.length > 8) fault('have length less than or equal to 8')
  if (!new RegExp(ONE_TIME_PASSWORD).test(password)) fault(matches(ONE_TIME_PASSWORD))
  throwFaults(faults)
}

export const sandboxIsFull = () =>
  modelled('UserErrorException', `The account has the maximum number of ${MAX_SANDBOX_NUMBERS} sandbox phone numbers.`)

export const wrongPassword = () => modelled('VerificationException', 'The one-time password is not valid.')
