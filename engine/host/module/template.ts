/**
 * The files that a new plugin in AssemblyScript begins with. How it reads JSON is the file
 * that the standard library's own module has, so that there is one to mend.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { installation } from '#engine/host/installation.ts'
import type { Parts } from '#engine/host/plugin/templates.ts'

/** A transform that counts the words of a text. */
export function moduleParts(plugin: string): Parts {
  const description = 'Counts the words of a text.'
  const json = join(installation().root, 'plugins/std/fuzzy/assembly/json.ts')
  return {
    text: `plugin: ${plugin}
version: 0.1.0
description: ${description}
entry: main.wasm
source: assembly/main.ts
actions:
  count:
    description: ${description}
    effects: pure
    input:
      type: object
      required: [text]
      additionalProperties: false
      properties:
        text: { description: What is counted., type: string }
    output:
      type: object
      required: [words]
      additionalProperties: false
      properties:
        words: { type: integer }
`,
    code: {
      'assembly/main.ts': main,
      'assembly/json.ts': readFileSync(json, 'utf8'),
      'assembly/tsconfig.json':
        '{ "extends": "assemblyscript/std/assembly.json", "include": ["./**/*.ts"] }\n',
    },
    cases: `cases:
  - { name: counts words, action: count, input: { text: "one two  two" }, output: { words: 3 } }
  - { name: counts characters of all scripts as words, action: count, input: { text: "größer 😀" }, output: { words: 2 } }
  - { name: finds nothing in nothing, action: count, input: { text: "" }, output: { words: 0 } }
  - { name: needs a text, action: count, input: {}, error: RUN_INPUT_REFUSED }
`,
    use: countUse(plugin),
  }
}

/** How a plugin that counts words is tried, whatever it is written in. */
export function countUse(plugin: string): Parts['use'] {
  return {
    action: 'count',
    flow: `steps:
  - id: counted
    use: ${plugin}/count@^0.1
    with: { text: "one two two" }
outputs: { words: "\${{ steps.counted.output.words }}" }
`,
    call: `count -i text='one two two'`,
  }
}

const main = `/** Counts words: JSON in, JSON out. AssemblyScript, compiled to main.wasm. */
import { Points, Reader, Writer } from './json'

/** Where the host writes the input. */
export function alloc(length: i32): usize {
  return heap.alloc(length)
}

/** The action "count": where its input lies, to where its output lies. */
export function count(at: usize, length: i32): u64 {
  const input = new Reader(at, length)
  const text = new Points()
  input.take(0x7b) // {
  while (input.more(0x7d)) {
    if (input.name() == 'text') input.text(text)
    else input.skip()
  }
  let words = 0
  for (let i = 0; i < text.length; i++) {
    const isFirst = i == 0 || text.get(i - 1) <= 0x20
    if (isFirst && text.get(i) > 0x20) words++
  }
  const output = new Writer()
  output.add('{"words":' + words.toString() + '}')
  return output.done()
}
`
