/**
 * Goal: checking a large repository is a matter of seconds. Method: 1,000 flow files on the
 * disk, the time of the processor, so that a busy machine changes little.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkAll } from '#engine/host/repository/check-all.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'

const flow = (id: number): string => `dsl: flux/1
id: flow-${id}
description: Reads an address and says how it went.
on: { schedule: { cron: "0 9 * * 1-5", timezone: Europe/Lisbon, inputs: { url: "https://api.example.com/" } } }
inputs: { type: object, required: [url], properties: { url: { type: string } } }
permissions: { net: [api.example.com] }
steps:
  - { id: fetch, use: std/http/get@^1, with: { url: "\${{ inputs.url }}" }, retry: 3 }
  - id: gate
    if: \${{ steps.fetch.output.status > 299 }}
    then:
      - { id: bad, let: { status: "\${{ steps.fetch.output.status }}", n: ${id} } }
  - { id: last, let: { v: "\${{ steps.fetch.output.status }}" } }
outputs: { v: "\${{ steps.last.output.v }}" }
`

test('1,000 flow files are checked within three seconds of work', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ionflux-many-'))
  mkdirSync(join(root, 'flows'))
  writeFileSync(join(root, 'ionflux.yaml'), 'namespace: me\n')
  for (let id = 0; id < 1_000; id++) writeFileSync(join(root, `flows/${id}.flow.yaml`), flow(id))
  const began = process.cpuUsage()
  const checked = await checkAll({ files: openWorkingTree(root) })
  const { user, system } = process.cpuUsage(began)
  rmSync(root, { recursive: true })
  expect(checked).toMatchObject({ problems: [], flows: 1_000 })
  expect((user + system) / 1000).toBeLessThan(3_000)
})
