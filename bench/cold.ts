/**
 * W4: the published command line from a cold start to a durable result, beside a bare `node`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { discard, percentile, short } from './lab.ts'

const root = join(import.meta.dirname, '..')
const rounds = 15

const flow = `dsl: flux/1
id: cold
steps:
  - { id: one, let: { n: 20 } }
  - { id: two, let: '\${{ steps.one.output.n + 1 }}' }
  - { id: three, let: '\${{ steps.two.output * 2 }}' }
`

export async function w4(): Promise<Readonly<Record<string, number>>> {
  if (!existsSync(join(root, 'dist/cli.js'))) {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'ignore' })
  }
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-cold-'))
  writeFileSync(join(dir, 'cold.flow.yaml'), flow)
  const cli = join(root, 'bin/ionflux.js')
  const time = (args: readonly string[]): number => {
    const start = performance.now()
    execFileSync(process.execPath, [...args], { cwd: dir, stdio: 'ignore' })
    return performance.now() - start
  }
  const run = [cli, 'run', 'cold.flow.yaml', '--json']
  for (let i = 0; i < 3; i++) time(run) // makes the data directory and the compile cache
  const pairs = Array.from({ length: rounds }, () => ({ bare: time(['-e', '0']), run: time(run) }))
  discard(dir)
  const ms = percentile(
    pairs.map((one) => one.run),
    0.5,
  )
  const bare = percentile(
    pairs.map((one) => one.bare),
    0.5,
  )
  return { ms: short(ms), bare_node_ms: short(bare), over_bare_ms: short(ms - bare) }
}
