/** A generated part of a page that people write: what stands between two HTML comments. */

/**
 * The page with the section's content replaced. The markers are `<!-- name:begin -->` and `<!-- name:end -->`, each
 * alone on its line. Throws when the page hasn't exactly one of each, in that order.
 */
export function replaceSection(page: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->\n`
  const end = `<!-- ${name}:end -->\n`
  const [before, rest, ...moreBegins] = page.split(begin)
  const [replaced, after, ...moreEnds] = rest?.split(end) ?? []
  if (
    before === undefined ||
    replaced === undefined ||
    after === undefined ||
    moreBegins.length + moreEnds.length > 0
  ) {
    throw new Error(`the page must have ${begin.trim()} and, after it, ${end.trim()}: each once and alone on its line`)
  }
  return `${before}${begin}\n${content.trim()}\n\n${end}${after}`
}
