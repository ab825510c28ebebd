/** A step with an agent: checked, drawn, tested with a mock, and honest about running. */
import { expect, test } from 'vitest'

import { call, folder } from '#test/e2e/cli.ts'

const files = {
  'ionflux.yaml': 'namespace: fixture\n',
  'flows/extractor.agent.yaml': `dsl: flux/1
id: extractor
model: small
instructions: Find the total of the invoice.
tools: [std/json/query@^1]
limits: { turns: 6, tokens: 20000, time: 2m }
inputs: { type: object, required: [text], properties: { text: { type: string } } }
output: { type: object, required: [total], properties: { total: { type: number } } }
`,
  'flows/invoice.flow.yaml': `dsl: flux/1
id: invoice
steps:
  - id: extract
    agent: ./extractor.agent.yaml
    with: { text: Total 12.50 EUR }
    limits: { turns: 3 }
  - id: large
    let: \${{ steps.extract.output.total > 1000.0 }}
`,
  'flows/invoice.test.yaml': `dsl: test/1
mocks: { extract: { output: { total: 12.5 } } }
cases:
  - name: a small invoice is no large one
    expect: { output: false }
`,
}

test('is checked, drawn and mocked', async () => {
  using at = folder(files)
  expect(await call(['check'], { cwd: at.path })).toMatchObject({ code: 0 })
  expect((await call(['graph', 'invoice'], { cwd: at.path })).stdout).toContain('agent/extractor')
  expect(await call(['test'], { cwd: at.path })).toMatchObject({ code: 0 })
})

test('a test answers for each page', async () => {
  using at = folder({
    'ionflux.yaml': 'namespace: fixture\n',
    'flows/all.flow.yaml': `dsl: flux/1
id: all
permissions: { net: [api.example.com] }
steps:
  - id: rows
    each:
      pages:
        use: std/http/get@^1
        with: { url: 'https://api.example.com/rows', query: { after: '\${{ cursor }}' } }
        items: \${{ page.body.rows }}
        next: \${{ page.body.next }}
    steps: [{ id: one, let: '\${{ item * 2 }}' }]
`,
    'flows/all.test.yaml': `dsl: test/1
mocks:
  rows/get-page:
    - output: { status: 200, url: u, headers: {}, body: { rows: [1, 2], next: b } }
    - output: { status: 200, url: u, headers: {}, body: { rows: [3], next: null } }
cases:
  - { name: the rows of both pages are one list, expect: { output: [2, 4, 6] } }
`,
  })
  const { code, stdout, stderr } = await call(['test'], { cwd: at.path })
  expect({ code, told: stdout + stderr }).toMatchObject({ code: 0 })
})

test('a run that reaches it fails with a code that says why', async () => {
  using at = folder(files)
  const { code, stdout } = await call(['run', 'invoice', '--json'], { cwd: at.path })
  expect(code).toBe(1)
  expect(stdout).toContain('AGENT_RUNTIME_MISSING')
})
