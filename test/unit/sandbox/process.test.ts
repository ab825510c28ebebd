/**
 * Goal: a process that used the sandbox ends by itself, and what a guest computes does
 * not depend on where the machine stands. Method: a real process, in another time zone.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const run = promisify(execFile)
const script = `
  const { Bench } = await import('#test/unit/sandbox/bench.ts')
  const bench = new Bench()
  const unit = await bench.transform('export default () => [new Date(0).getHours(), new Date(2024, 0, 1).toISOString()]')
  const result = await bench.call(unit)
  process.stdout.write(JSON.stringify(result.output))
`

test('a process that leaves the sandbox open ends, the same in every time zone', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TZ: 'Asia/Kolkata' },
    timeout: 8_000,
  })
  expect(JSON.parse(stdout)).toEqual([0, '2024-01-01T00:00:00.000Z'])
})
