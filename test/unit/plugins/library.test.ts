/**
 * Goal: the standard library is described whole, and every action of it is tried from all
 * sides. Method: hold the page, the manifests, the READMEs and the cases to each other.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { isObject, type Json } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { manifests, page, render } from '#scripts/library.ts'

const plugins = join(import.meta.dirname, '../../../plugins')
const all = manifests()
const pure = all.filter(({ actions }) =>
  Object.values(actions).every(({ effects }) => effects === 'pure'),
)

interface Case {
  readonly action: string
  readonly error?: string
}

function casesOf(plugin: string): readonly Case[] {
  return globSync('cases/*.yaml', { cwd: join(plugins, plugin) }).flatMap((file) => {
    const text = readFileSync(join(plugins, plugin, file), 'utf8')
    const { value } = parseDocument({ file, text })
    return (value as unknown as { readonly cases: readonly Case[] }).cases
  })
}

test('the page says what the manifests say', () => {
  expect(readFileSync(page, 'utf8')).toBe(render(all))
})

test('the plugins that this file is about are there', () => {
  expect(pure.length).toBeGreaterThanOrEqual(11)
  expect(pure.flatMap(({ actions }) => Object.keys(actions)).length).toBeGreaterThanOrEqual(40)
})

describe.each(pure.map((manifest) => [manifest.plugin, manifest] as const))(
  '%s',
  (plugin, manifest) => {
    const names = Object.keys(manifest.actions)
    const address = (name: string): string => (name === 'default' ? plugin : `${plugin}/${name}`)

    test('asks for nothing, because it is pure', () => {
      expect(manifest.capabilities).toBeUndefined()
    })

    test('has an example of every action in its README, or names it beside one', () => {
      const readme = readFileSync(join(plugins, plugin, 'README.md'), 'utf8')
      expect(names.filter((name) => !readme.includes(`\`${address(name)}\``))).toEqual([])
    })

    test('tries every action', () => {
      const cases = casesOf(plugin)
      const counts = names.map((name) => cases.filter(({ action }) => action === name).length)
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(4)
      expect(cases.filter(({ error }) => error !== undefined).length).toBeGreaterThanOrEqual(2)
    })

    test('describes everything that goes in and comes out', () => {
      const missing = names.flatMap((name) => {
        const { input, output } = manifest.actions[name] ?? {}
        return [...undescribed(input, `${name}.input`), ...undescribed(output, `${name}.output`)]
      })
      expect(missing).toEqual([])
    })
  },
)

/** Members of objects without a word about them. */
function undescribed(schema: Json | undefined, at: string): readonly string[] {
  if (!isObject(schema)) return []
  const { properties, items } = schema
  const members = isObject(properties) ? Object.entries(properties) : []
  return [
    ...members.flatMap(([name, member]) => {
      const isTold = isObject(member) && typeof member['description'] === 'string'
      return [...(isTold ? [] : [`${at}.${name}`]), ...undescribed(member, `${at}.${name}`)]
    }),
    ...undescribed(items, `${at}[]`),
  ]
}

test('the XML reader of std/feed is that of std/xml: a plugin is a folder that stands alone', () => {
  const read = (file: string): string => readFileSync(join(plugins, 'std', file), 'utf8')
  expect(read('feed/xml.ts')).toBe(read('xml/read.ts'))
})
