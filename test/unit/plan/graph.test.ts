import { expect, test } from 'vitest'

import type { Flow } from '#engine/dsl/flow.ts'
import { compile } from '#engine/plan/compile.ts'
import { graphSvg } from '#engine/plan/graph-draw.ts'
import { graphJson, graphMermaid, graphText } from '#engine/plan/graph-print.ts'
import { graphOf, type Graph } from '#engine/plan/graph.ts'

const flow: Flow = {
  dsl: 'flux/1',
  id: 'demo',
  inputs: { type: 'object', properties: { n: {}, m: {} } },
  steps: [
    { id: 'a', let: 1 },
    { id: 'b', let: '${{ steps.a.output + inputs.n }}' },
    {
      id: 'gate',
      if: '${{ steps.a.output > 1 && "<b>" != "\\"#]" }}',
      then: [{ id: 'c', let: '${{ steps.b.output }}' }],
      else: [],
    },
    {
      id: 'wide',
      parallel: {
        lint: [{ id: 'l', let: 1 }],
        test: { needs: ['lint'], steps: [{ id: 't', let: 2 }] },
      },
    },
    {
      id: 'loop',
      each: { in: '${{ [1] }}', as: 'x', concurrency: 3 },
      steps: [{ id: 'e', let: '${{ x }}' }],
    },
    {
      id: 'safe',
      try: [{ id: 'try_it', let: 1 }],
      catch: [{ id: 'caught', let: 2 }],
      finally: [{ id: 'last', let: 3 }],
    },
  ],
  outputs: '${{ steps.loop.output }}',
}

function graph(of: Flow = flow): Graph {
  const none = (): undefined => undefined
  const { plan } = compile(of, { action: none, transform: none, flow: none })
  if (plan === undefined) throw new Error('the flow compiles')
  return graphOf(plan)
}

test('the tree shows blocks, branches and what each step reads', () => {
  expect(graphText(graph()).split('\n')).toEqual([
    'demo  (n, m)',
    '├─ a       let',
    '├─ b       let  ← a',
    '├─ gate    if steps.a.output > 1 && "<b>" != "\\"#]"  ← a',
    '│  ├─ then',
    '│  │  └─ c       let  ← b',
    '│  └─ else',
    '├─ wide    parallel',
    '│  ├─ lint',
    '│  │  └─ l       let',
    '│  └─ test  (after lint)',
    '│     └─ t       let',
    '├─ loop    each x in [1]  ×3',
    '│  └─ e       let',
    '└─ safe    try',
    '   ├─ try',
    '   │  └─ try_it  let',
    '   ├─ catch',
    '   │  └─ caught  let',
    '   └─ finally',
    '      └─ last    let',
    'outputs  ← loop',
    '',
  ])
})

test('JSON has every node with its place, order and data edges', () => {
  const { nodes, edges } = graphJson(graph()) as unknown as {
    nodes: readonly { id: string; parent?: string; branch?: string; needs?: readonly string[] }[]
    edges: readonly object[]
  }
  expect(nodes.map(({ id }) => id).join(' ')).toBe(
    'a b gate c wide l t loop e safe try_it caught last',
  )
  expect(nodes.find(({ id }) => id === 't')).toMatchObject({
    parent: 'wide',
    branch: 'test',
    needs: ['lint'],
  })
  expect(edges).toContainEqual({ from: 'a', to: 'b', kind: 'order' })
  expect(edges).toContainEqual({ from: 'a', to: 'gate', kind: 'data' })
  expect(edges).toContainEqual({ from: 'b', to: 'c', kind: 'data' })
})

test('Mermaid escapes what it would read as its own, and closes every subgraph', () => {
  const text = graphMermaid(graph())
  expect(text).toContain('#60;b#62;')
  expect(text).not.toMatch(/"[^"\n]*"[^"\]\n]*"[^\n]*\]/)
  const count = (word: RegExp): number => text.match(word)?.length ?? 0
  expect(count(/^ *subgraph /gm)).toBe(count(/^ *end$/gm))
  expect(text).toContain('b_wide_0 --> b_wide_1')
  expect(text).toContain('s_a -.-> s_gate')
})

test('the drawing is well formed, says its name and holds every step', () => {
  const svg = graphSvg(graph())
  const open = svg.match(/<(?!\/|\?)[a-z]+/g)?.length ?? 0
  const closed = svg.match(/<\/[a-z]+>|\/>/g)?.length ?? 0
  expect(open).toBe(closed)
  expect(svg).toContain('aria-label="Flow demo with 13 steps"')
  expect(svg).toContain('&lt;b&gt;')
  for (const id of ['try_it', 'caught', 'last']) expect(svg).toContain(`>${id}</text>`)
})

test('boxes of one block do not overlap', () => {
  const svg = graphSvg(graph())
  const boxes = [
    ...svg.matchAll(/class="node" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
  ].map((match) => match.slice(1).map(Number) as [number, number, number, number])
  expect(boxes).toHaveLength(9)
  const clashes = boxes.filter(([x, y, w, h], i) =>
    boxes.some(([u, v, s, t], j) => j > i && x < u + s && u < x + w && y < v + t && v < y + h),
  )
  expect(clashes).toEqual([])
})

test('the same plan gives the same bytes', () => {
  expect(graphSvg(graph())).toBe(graphSvg(graph()))
})
