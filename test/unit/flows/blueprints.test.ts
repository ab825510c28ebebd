/** The page about the flows that come with ionflux says what they say. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { page, render } from '#scripts/blueprints.ts'
import { expect, test } from 'vitest'

test('the page is what the flows say now', async () => {
  expect(readFileSync(page, 'utf8')).toBe(await render())
})

test('every flow has tests, and there are at least twelve', async () => {
  const files = [...(await render()).matchAll(/\]\(\.\.\/(flows\/[\w-]+\.test\.yaml)\)/g)].map(
    ([, file = '']) => file,
  )
  expect(files.length).toBeGreaterThanOrEqual(12)
  const root = new URL('../../../', import.meta.url)
  expect(files.filter((file) => !existsSync(fileURLToPath(new URL(file, root))))).toEqual([])
})
