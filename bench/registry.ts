/**
 * `node bench/registry.ts`: the figures that a registry promises, on a log of 100,000 leaves
 * with 20,000 entries, beside the price of verifying one signature in the same run.
 */
import { measureRegistry, type Timed } from '#test/unit/registry/measure.ts'

const shown = ({ ms, cpuMs }: Timed): string => `${Math.round(ms)} ms, ${Math.round(cpuMs)} of CPU`
const figures = await measureRegistry(20_000, 100_000)
const rows = {
  'check, chains of signatures': shown(figures.checkChains),
  'check, every signature': shown(figures.checkAll),
  'a lock of 200': shown(figures.lock),
  'search, from the file': shown(figures.searchCold),
  'search, warm, the slowest': `${figures.searchWarmMs.toFixed(1)} ms`,
  'largest view': `${figures.viewBytesMax} bytes`,
  'search index': `${figures.indexBytes} bytes`,
}
for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(30)}${value}`)
