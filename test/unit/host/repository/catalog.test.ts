/**
 * Goal: the files of an id are found without reading a whole repository, and none is missed.
 * Method: an id written in many ways, asked for first and after many others, which makes an
 * index; and a count of the texts that were read.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'

const step = 'steps:\n  - { id: x, let: 1 }\n'
const same: Readonly<Record<string, string>> = {
  'braces.flow.yaml': '{ dsl: flux/1, id: twin, steps: [{ id: x, let: 1 }] }\n',
  'escaped.flow.yaml': `id: "t\\x77in"\n${step}`,
  'large.flow.yaml': `id: twin\n${step}# ${'x'.repeat(limits.flowScanBytesMax)}\n`,
  'plain.flow.yaml': `id: twin\n${step}`,
  'quoted.flow.yaml': `id: 'twin' # again\n${step}`,
}
const others: Readonly<Record<string, string>> = {
  'broken.flow.yaml': 'id: [twin\n',
  'comment.flow.yaml': `# a twin\nid: other\n${step}`,
  'longer.flow.yaml': `id: twin-2\n${step}`,
}

function repository(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'ionflux-catalog-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'flows'))
  writeFileSync(join(root, 'ionflux.yaml'), 'namespace: me\n')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'flows', name), text)
  return root
}

test('an id is found in every way of writing it, whatever was asked for before', () => {
  const root = repository({ ...same, ...others })
  const expected = Object.keys(same).map((name) => `flows/${name}`)
  expect(openCatalog(openWorkingTree(root)).filesOfFlow('twin')).toEqual(expected)
  const indexed = openCatalog(openWorkingTree(root))
  for (let n = 0; n <= limits.flowScansMax; n++) {
    expect(indexed.filesOfFlow(`nobody-${n}`)).toEqual([])
  }
  expect(indexed.filesOfFlow('twin')).toEqual(expected)
  expect(indexed.findFlow('other')?.file).toBe('flows/comment.flow.yaml')
})

test('one flow of many is found without the texts of the others', () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [`f${n}.flow.yaml`, `id: flow-${n}\n${step}`]),
  )
  const files = openWorkingTree(repository(many))
  const read = new Set<string>()
  const counted: Files = { ...files, readText: (path) => (read.add(path), files.readText(path)) }
  const catalog = openCatalog(counted)
  expect(catalog.findFlow('flow-150')?.file).toBe('flows/f150.flow.yaml')
  expect(catalog.filesOfFlow('flow-150')).toHaveLength(1)
  expect([...read].filter((path) => path.endsWith('.flow.yaml'))).toEqual(['flows/f150.flow.yaml'])
})
