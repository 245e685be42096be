import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replaceSection } from './marked-section.ts'

const page = 'Before\n<!-- options:begin -->\nold\n<!-- options:end -->\nAfter\n'

test('what stands between the markers is replaced, and nothing else', () => {
  const replaced = replaceSection(page, 'options', 'new $& text\n')
  assert.equal(replaced, 'Before\n<!-- options:begin -->\n\nnew $& text\n\n<!-- options:end -->\nAfter\n')
})

test('replacing again with the same content changes nothing', () => {
  const once = replaceSection(page, 'options', 'new')
  assert.equal(replaceSection(once, 'options', 'new'), once)
})

const broken = [
  { name: 'no marker', page: 'Before\nAfter\n' },
  { name: 'no end', page: 'Before\n<!-- options:begin -->\nAfter\n' },
  { name: 'the end first', page: '<!-- options:end -->\n<!-- options:begin -->\n' },
  { name: 'another section', page: page.replaceAll('options', 'coverage') },
  { name: 'the section twice', page: page + page },
]
for (const { name, page } of broken) {
  test(`a page is refused with ${name}`, () => {
    assert.throws(() => replaceSection(page, 'options', 'new'), /must have <!-- options:begin -->/)
  })
}
