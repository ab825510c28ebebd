import { expect, test } from 'vitest'

import { mapStack } from '#engine/sandbox/source-map.ts'

import { Bench } from './bench.ts'

test('an error leads through all files of the author, and through nothing else', async () => {
  await using bench = new Bench({ workers: 1 })
  const unit = await bench.plugin(
    { actions: { default: { effects: 'pure' } } },
    {
      'main.ts':
        "import { inner } from './lib/inner.ts'\n\nexport default function outer(): number {\n  return inner(null)\n}\n",
      'lib/inner.ts':
        'interface Box { size: number }\n\n\nexport const inner = (box: Box | null): number =>\n  (box as Box).size\n',
    },
  )
  expect(await bench.call(unit)).toMatchObject({
    error: {
      code: 'SANDBOX_GUEST_THREW',
      data: {
        stack: [
          expect.stringMatching(/^inner \(lib\/inner\.ts:5:\d+\)$/) as string,
          expect.stringMatching(/^outer \(main\.ts:4:\d+\)$/) as string,
        ],
      },
    },
  })
})

test('code without a map has no frames', () => {
  expect(mapStack('    at f (unit.js:1:1)', 'var a', 10)).toEqual([])
})
