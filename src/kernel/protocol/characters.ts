/** Which characters a text may have that travels in XML, as messages do at some point of their way. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/**
 * Whether a text has more characters than that, as people count them: one for each code point. A character is two units
 * of a string at most, so that a text of megabytes isn't taken apart for it.
 */
export const hasMoreCharacters = (text: string, most: number): boolean =>
  text.length > most && (text.length > 2 * most || [...text].length > most)

/** Legal are #x9 | #xA | #xD | #x20–#xD7FF | #xE000–#xFFFD | #x10000–#x10FFFF: so a surrogate without its other half is not. */
export const hasIllegalCharacters = (text: string) => ILLEGAL.test(text) || !text.isWellFormed()
