/**
 * ionflux as one more peer of a harness that measures durable engines side by side.
 *
 * Copy it beside the other peers and say where the checkout is:
 * `IONFLUX_ROOT=/path/to/ionflux node bench.mjs ionflux`. It offers what the harness calls:
 * `run`, `fanout`, `park`, `submit`, `recover`, `pending`. Every step's intent and result is
 * synced (`ionflux`), or steps are pure and run ahead of the commit (variant `pure`).
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = process.env.IONFLUX_ROOT
if (root === undefined) throw new Error('Set IONFLUX_ROOT to the checkout of ionflux.')
const { chain, openBench } = await import(pathToFileURL(join(root, 'bench/lab.ts')).href)
const { effect } = await import('../lib.mjs')

export const versions = () => ({ node: process.version, sqlite: process.versions.sqlite })

export async function engine({ dir, variant }) {
  const kind = variant === 'pure' ? 'pure' : 'idempotent'
  const step = (input, call) => {
    effect(call.run, Number(call.path.slice(1)))
    return input.n + 1
  }
  const item = (input) => input.n
  const lab = openBench({ step: [kind, step], item: [kind, item] }, join(dir, 'ionflux'))
  const ten = lab.plan(chain(10, 'step'))
  const fan = lab.plan({
    dsl: 'flux/1',
    id: 'fan-out',
    steps: [
      {
        id: 'map',
        each: { in: '${{ inputs.list }}', as: 'n', concurrency: 100 },
        steps: [{ id: 'one', use: 'item', with: { n: '${{ n }}' } }],
      },
      { id: 'sum', let: '${{ sum(steps.map.output) }}' },
    ],
  })
  const nap = lab.plan({ dsl: 'flux/1', id: 'nap', steps: [{ id: 'nap', sleep: '1d' }] })
  const start = (plan, run, input = { n: 0 }) => lab.engine.start({ plan, run, input, source: {} })
  const outputOf = (run) => lab.host.journal.read(run).at(-1).output.value

  return {
    async run(id) {
      await start(ten, id)
      await lab.engine.wait(id)
      return outputOf(id)
    },
    async fanout(id, n) {
      await start(fan, id, { list: Array.from({ length: n }, (_, k) => k + 1) })
      await lab.engine.wait(id)
      return outputOf(id)
    },
    park: (id) => start(nap, id, {}),
    submit: (id) => start(ten, id),
    recover: () => lab.engine.recover().length,
    pending: (tag, n) =>
      Array.from({ length: n }, (_, k) => lab.host.journal.find(`${tag}-${k}`)).filter(
        (run) => run?.status !== 'done',
      ).length,
  }
}
