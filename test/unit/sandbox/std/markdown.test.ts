/**
 * Goal: whatever Markdown says, the HTML that comes of it is safe to show and comes soon.
 * Method: generated texts of the signs that mean something, held to a list of tags, their
 * attributes and addresses; and texts that are known to take other programs for ever.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { html } from '#plugins/std/markdown/main.ts'
import { cpuMs } from '#test/unit/cpu.ts'

const render = (text: string): string => html({ text }, undefined as never) as string

const attribute: Readonly<Record<string, RegExp>> = {
  a: /^ href="([^"<>]*)"(?: title="[^"<>]*")?$/,
  img: /^ src="([^"<>]*)" alt="[^"<>]*"(?: title="[^"<>]*")? \/$/,
  code: /^(?: class="language-[^"<>]*")?$/,
  ol: /^(?: start="\d+")?$/,
  th: /^(?: style="text-align: (?:left|right|center)")?$/,
  td: /^(?: style="text-align: (?:left|right|center)")?$/,
  input: /^ type="checkbox" disabled(?: checked)? \/$/,
  br: /^ \/$/,
  hr: /^ \/$/,
}
const bare = /^(?:p|h[1-6]|em|strong|del|pre|ul|li|blockquote|table|thead|tbody|tr)$/

/** What of the HTML should not be there. */
function strays(whole: string): readonly string[] {
  return [...whole.matchAll(/<[^>]*>?/g)].flatMap(([tag]) => {
    const [, slash = '', name = '', rest = ''] = /^<(\/?)([a-z0-9]+)((?: [^>]*)?)>$/.exec(tag) ?? []
    if (slash !== '') return bare.test(name) || name in attribute ? [] : [tag]
    const pattern = attribute[name]
    if (pattern === undefined) return bare.test(name) && rest === '' ? [] : [tag]
    const found = pattern.exec(rest)
    const address = (found?.[1] ?? '').replaceAll('&amp;', '&')
    const scheme = URL.canParse(address) ? new URL(address).protocol : 'https:'
    return found !== null && /^(?:https?|mailto):$/.test(scheme) ? [] : [tag]
  })
}

/** Signs that mean something, with what often stands beside them. */
const pieces = `< > " ' & [ ] ( ) ! * ** _ ~~ \` \`\` \\ | - 1. # --- \`\`\` [x] :-: a javascript: data:text/html, https://e.example <script> onload= &#x3c; &colon; [r]:`
const piece = fc.constantFrom(...pieces.split(' '), '\n', '\n\n', '    ', ' ', '\t', '\0', '\u200b')

test('no text becomes anything but harmless tags', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (text) => {
      expect(strays(render(text.join('')))).toEqual([])
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['brackets that open', '['.repeat(50_000)],
  ['brackets in brackets', `${'['.repeat(20_000)}a${']('.repeat(20_000)}`],
  ['stars', '*a '.repeat(30_000)],
  ['stars and underscores', '*a_ '.repeat(20_000)],
  [
    'backticks of every length',
    Array.from({ length: 300 }, (_, i) => 'a'.padEnd(i + 2, '`')).join(''),
  ],
  ['quotes in quotes', '>'.repeat(20_000)],
  ['lists in lists', Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i * 2)}- a`).join('\n')],
  ['images in images', '!['.repeat(20_000)],
  ['angles', '<'.repeat(50_000)],
  ['a table of bars', `a|b\n-|-\n${'|'.repeat(50_000)}`],
  ['definitions', '[a]: b\n'.repeat(10_000)],
  ['spaces before an end', `a${' '.repeat(50_000)}b\n`.repeat(4)],
])('%s end soon', (_, text) => {
  const began = cpuMs()
  expect(strays(render(text))).toEqual([])
  expect(cpuMs() - began).toBeLessThan(5_000)
})
