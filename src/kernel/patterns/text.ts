/** Texts compared without case. */

/** The text that stands for all that differ from it in case only. As long as the text, so that affixes can be cut from it. */
export const fold = (text: string): string =>
  isAscii(text) ? text.toLowerCase() : Array.from(text, foldCharacter).join('')

const isAscii = (text: string) => Buffer.byteLength(text) === text.length

/** Up, then down, as `ſ` and `ς` have to meet `s` and `σ`. One that would become longer (`ß`, `İ`) stands for itself. */
function foldCharacter(character: string): string {
  const upper = character.toUpperCase()
  const lower = (upper.length === character.length ? upper : character).toLowerCase()
  return lower.length === character.length ? lower : character
}
