/** Goal: our own flows are tested, every step of each. Method: their tests, as a reader runs them. */
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, folder } from '#test/e2e/cli.ts'

const root = join(import.meta.dirname, '../../..')

interface Told {
  readonly failed: number
  readonly passed: number
  readonly coverage: readonly {
    readonly flow: string
    readonly steps: { readonly covered: number; readonly all: number }
  }[]
}

test(
  'every step of every flow in flows/ is covered by its tests',
  { timeout: 60_000 },
  async () => {
    using data = folder()
    const args = ['test', 'flows', '--coverage', '--json', '--data-dir', data.path]
    const { code, stdout, stderr } = await call(args, { cwd: root })
    expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' })
    const told = JSON.parse(stdout) as Told
    expect(told.failed).toBe(0)
    expect(told.passed).toBeGreaterThan(9)
    const { flows } = JSON.parse(
      (await call(['check', 'flows', '--json'], { cwd: root })).stdout,
    ) as { readonly flows: number }
    expect(told.coverage).toHaveLength(flows)
    expect(told.coverage.filter(({ steps }) => steps.covered < steps.all)).toEqual([])
  },
)
