/**
 * How a text is cut into the parts of a text message: 140 bytes each, in the GSM 7-bit alphabet if it can be written in
 * it, else in UCS-2. Parts of a longer text give up room for a header that puts them together again.
 *
 * The alphabet: 3GPP TS 23.038.
 */

/** Of a whole text, in all its parts. */
export const MAX_SMS_CHARACTERS = 1600

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Written as an escape and another character. */
const EXTENDED = new Set('\f^{}\\[~]|€')

export interface SmsParts {
  readonly encoding: 'GSM-7' | 'UCS-2'
  readonly count: number
}

export function smsParts(text: string): SmsParts {
  const characters = [...text]
  const isGsm = characters.every((character) => BASIC.has(character) || EXTENDED.has(character))
  return isGsm
    ? { encoding: 'GSM-7', count: countParts(characters, gsmUnits, 160, 153) }
    : { encoding: 'UCS-2', count: countParts(characters, (character) => character.length, 70, 67) }
}

const gsmUnits = (character: string) => (EXTENDED.has(character) ? 2 : 1)

/** No character is cut in two. */
function countParts(
  characters: readonly string[],
  unitsOf: (character: string) => number,
  alone: number,
  amongOthers: number,
): number {
  const total = characters.reduce((sum, character) => sum + unitsOf(character), 0)
  if (total <= alone) return 1
  let parts = 1
  let room = amongOthers
  for (const character of characters) {
    const units = unitsOf(character)
    if (units > room) {
      parts += 1
      room = amongOthers
    }
    room -= units
  }
  return parts
}
