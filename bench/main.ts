/**
 * `npm run bench [-- W2 W3] [-- --json]`: one line per workload, each measured in a process of
 * its own, with the raw baselines of the same run beside the engine's figures.
 *
 * Durability is the default of the product: SQLite in WAL mode, synchronous=FULL, group
 * commit. Read ratios, not absolute numbers: machines differ and are shared.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { bundleScript } from '#scripts/build.ts'

type Metrics = Readonly<Record<string, number>>

interface Part {
  readonly workload: string
  readonly index: number
  /** Needs files beside its source; the others run bundled, as they are published. */
  readonly isSource?: true
}

const parts: readonly Part[] = [
  { workload: 'W1', index: 0 },
  { workload: 'W2', index: 0 },
  { workload: 'W2', index: 1 },
  { workload: 'W3', index: 0 },
  { workload: 'W4', index: 0, isSource: true },
  { workload: 'W5', index: 0 },
  { workload: 'W6', index: 0, isSource: true },
  { workload: 'S1', index: 0 },
  { workload: 'S2', index: 0 },
]

const source = join(import.meta.dirname, 'part.ts')
const out = join(import.meta.dirname, '../node_modules/.cache/ionflux-bench')
const args = process.argv.slice(2)
const known = [...new Set(parts.map((part) => part.workload))]
const wanted = args.filter((arg) => arg !== '--json')
const unknown = wanted.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`There is no workload "${unknown}"; there are ${known.join(', ')}.`)
  process.exit(2)
}

mkdirSync(out, { recursive: true })
await bundleScript({ entry: source, out })
for (const workload of wanted.length === 0 ? known : wanted) {
  const own = parts.filter((part) => part.workload === workload)
  const metrics = Object.assign({}, ...own.map(measure)) as Metrics
  const line = { workload, durability: 'wal-full-group', metrics }
  console.log(args.includes('--json') ? JSON.stringify(line) : table(line))
}

function measure(part: Part): Metrics {
  const file = part.isSource ? source : join(out, 'part.js')
  // The nursery is as large as `scripts/ionflux` makes it.
  const node = ['--expose-gc', '--no-warnings', '--max-semi-space-size=8']
  const flags = [...node, file, part.workload, String(part.index)]
  const printed = execFileSync(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  return JSON.parse(printed.toString()) as Metrics
}

function table(line: { readonly workload: string; readonly metrics: Metrics }): string {
  const rows = Object.entries(line.metrics).map(([name, value]) => `  ${name.padEnd(38)} ${value}`)
  return [line.workload, ...rows].join('\n')
}
