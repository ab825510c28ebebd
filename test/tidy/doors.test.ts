/**
 * Goal: what people outside can import changes on purpose only. Method: the names of all
 * public doors, as a list that a change of a door has to change, too.
 */
import { expect, test } from 'vitest'

import { read } from './tree.ts'

/** The names that a module exports, types included, as they are written in its text. */
function namesOf(path: string): readonly string[] {
  const text = read(path).replace(/\/\*[\s\S]*?\*\//g, '')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap((match) =>
    (match[1] ?? '').split(',').map((part) => part.trim().replace(/^type /, '')),
  )
  const own = [
    ...text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm),
  ].map((match) => match[1] ?? '')
  const names = lists.map((part) => part.split(' as ').at(-1) ?? '')
  return [...names, ...own].filter((name) => name !== '').toSorted()
}

test.each(['engine/index.ts', 'engine/plugin.ts', 'registry/index.ts'])(
  '%s names what it exports',
  (path) => {
    expect(read(path)).not.toMatch(/^export \*/m)
    expect(namesOf(path)).toMatchSnapshot()
  },
)
