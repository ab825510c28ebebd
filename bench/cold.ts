/**
 * W4: the published command line from a cold start to a durable result, beside a bare `node`.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
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

/** The same with one call of code, which is in the cache of bundles after the first run. */
const calling = `${flow}  - id: four
    with: { n: '\${{ steps.three.output }}' }
    transform: 'export default ({ n }) => n + 1'
`

export async function w4(): Promise<Readonly<Record<string, number>>> {
  // What is built may be older than the source.
  execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'ignore' })
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-cold-'))
  writeFileSync(join(dir, 'cold.flow.yaml'), flow)
  writeFileSync(join(dir, 'calling.flow.yaml'), calling.replace('id: cold', 'id: calling'))
  const cli = join(root, 'bin/ionflux.js')
  const time = (args: readonly string[]): number => {
    const start = performance.now()
    execFileSync(process.execPath, [...args], { cwd: dir, stdio: 'ignore' })
    return performance.now() - start
  }
  const firstCall = (): number => {
    const args = [cli, 'run', 'calling.flow.yaml', '--json']
    const text = execFileSync(process.execPath, args, { cwd: dir, stdio: 'pipe' }).toString()
    const { run } = JSON.parse(text) as {
      run: { steps: readonly { path: string; usage?: { wallMs: number } }[] }
    }
    return run.steps.find(({ path }) => path === 'four')?.usage?.wallMs ?? Number.NaN
  }
  const run = [cli, 'run', 'cold.flow.yaml', '--json']
  const call = [cli, 'run', 'calling.flow.yaml', '--json']
  // Makes the data directory and the caches.
  for (let i = 0; i < 3; i++) time(run)
  for (let i = 0; i < 3; i++) time(call)
  const pairs = Array.from({ length: rounds }, () => ({
    bare: time(['-e', '0']),
    run: time(run),
    call: time(call),
    first: firstCall(),
  }))
  discard(dir)
  const median = (of: (pair: (typeof pairs)[number]) => number): number =>
    percentile(pairs.map(of), 0.5)
  const [ms, bare] = [median((one) => one.run), median((one) => one.bare)]
  return {
    ms: short(ms),
    bare_node_ms: short(bare),
    over_bare_ms: short(ms - bare),
    first_call_ms: short(median((one) => one.first)),
    first_call_over_no_call_ms: short(median((one) => one.call - one.run)),
  }
}
