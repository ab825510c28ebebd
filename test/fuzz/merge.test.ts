/**
 * Goal: two people who change one flow in different places do not meet a conflict, and a merge
 * never makes what neither of them meant. Method: random pairs of edits of a flow of eight
 * steps, beside `git merge-file` on the same texts.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { canonical } from '#engine/core/canonical.ts'
import type { Json } from '#engine/core/json.ts'
import { checkFlow } from '#engine/dsl/check.ts'
import { mergeFlows } from '#engine/dsl/merge/merge.ts'
import { patch, type Edit } from '#engine/dsl/patch/patch.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { world } from '#test/unit/dsl/world.ts'
import { chooser } from './edits.ts'

const file = 'a.flow.yaml'
const base = `dsl: flux/1
id: order
# What it may do.
permissions:
  net: [api.example.com]
timeout: 10m
inputs: { type: object, properties: { n: { type: integer } } }
steps:
${Array.from({ length: 8 }, (_, i) => `  - id: s${i}\n    transform: export default () => ${i} # step ${i}\n    timeout: ${i + 1}m\n`).join('')}outputs: { all: 1 }
`

let dir: string
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'ionflux-merge-'))))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** One to three edits, as people make them. */
function edited(seed: number): string {
  const choose = chooser([seed, seed * 7 + 3, seed * 31 + 11, seed * 131 + 5, seed * 911 + 1], seed)
  let text = base
  for (let left = 1 + choose(3); left > 0; left--) {
    const document = parseDocument({ file, text })
    const steps = (document.value as { steps: readonly { id: string }[] }).steps
    const id = steps[choose(steps.length)]?.id ?? 's0'
    const at = steps.findIndex((step) => step.id === id)
    const edits: readonly Edit[] = [
      { kind: 'set', at: `/steps/${at}/transform`, value: `export default () => ${choose(50)}` },
      { kind: 'set', at: `/steps/${at}/timeout`, value: `${1 + choose(59)}m` },
      {
        kind: 'addStep',
        into: '/steps',
        index: choose(steps.length + 1),
        step: { id: `n${choose(9_999)}`, let: choose(9) },
      },
      { kind: 'removeStep', id },
      { kind: 'set', at: `/steps/${at}/description`, value: `about ${choose(9)}` },
      { kind: 'set', at: '/permissions/net', value: ['api.example.com', `h${choose(99)}.example`] },
      { kind: 'set', at: '/timeout', value: `${1 + choose(59)}m` },
      { kind: 'moveStep', id, into: '/steps', index: choose(steps.length) },
    ]
    const edit = edits[choose(edits.length)]
    const done = edit === undefined ? undefined : patch(document, edit)
    if (done?.problem === undefined && done !== undefined) text = done.text
  }
  return text
}

const valueOf = (text: string): Json => parseDocument({ file, text }).value ?? null
const hasErrors = (text: string): boolean =>
  checkFlow(parseDocument({ file, text }), world).flow === undefined

function gitConflicts(ours: string, theirs: string): boolean {
  const paths = Object.entries({ ours, base, theirs }).map(([name, text]) => {
    writeFileSync(join(dir, name), text)
    return name
  })
  return spawnSync('git', ['merge-file', '-p', ...paths], { cwd: dir }).status !== 0
}

test('of 400 pairs of edits fewer than half as many conflict as in a merge of lines', () => {
  execFileSync('git', ['--version'])
  let [mine, lines] = [0, 0]
  for (let pair = 0; pair < 400; pair++) {
    const [ours, theirs] = [edited(pair * 2 + 1), edited(pair * 2 + 2)]
    const { text, conflicts } = mergeFlows({ file, base, ours, theirs })
    if (conflicts.length > 0) mine += 1
    if (gitConflicts(ours, theirs)) lines += 1
    // Both sides check, so a merge without conflicts must.
    expect({ pair, broken: conflicts.length === 0 && hasErrors(text) }).toEqual({
      pair,
      broken: false,
    })
  }
  expect(lines).toBeGreaterThan(100)
  expect(mine).toBeLessThan(lines / 2)
}, 120_000)

test('what one side did alone is what comes out, whichever side it was', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const changed = edited(seed)
    const same = mergeFlows({ file, base, ours: changed, theirs: base })
    expect(same).toEqual({ text: changed, conflicts: [] })
    const taken = mergeFlows({ file, base, ours: base, theirs: changed })
    expect({ seed, value: canonical(valueOf(taken.text)), conflicts: taken.conflicts }).toEqual({
      seed,
      value: canonical(valueOf(changed)),
      conflicts: [],
    })
    expect(mergeFlows({ file, base, ours: changed, theirs: changed }).text).toBe(changed)
  }
})
