/**
 * Goal: what is read off a journal about a call is what the call was given. Method: every
 * story that the golden journals tell, told anew, with the actions writing down what they get.
 */
import { expect, test } from 'vitest'

import { digestOfText, type Digest } from '#engine/core/digest.ts'
import { runIdFrom, type RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { recordedCalls } from '#engine/runtime/calls.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'
import { openPrograms } from '#engine/runtime/program.ts'
import { lab, type Fake } from '#test/fake/lab.ts'
import { actions } from '#test/fuzz/actions.ts'
import { stories } from '#test/fuzz/stories.ts'

test.each(Object.keys(stories))(
  'the calls of the story "%s" are read as they were made',
  async (name) => {
    const { flows, components = {}, tell } = stories[name] ?? { flows: [] }
    const made = new Set<string>()
    const noted = Object.fromEntries(
      Object.entries(actions).map(([action, [effects, run]]) => {
        const noting: Fake = (input, call) => {
          made.add(noteOf(call))
          return (run as Fake)(input, call)
        }
        return [action, [effects, noting] as const]
      }),
    )
    const one = lab({ flows, components, actions: noted })
    await (tell === undefined ? one.start({ n: 3 }) : tell(one))
    await one.settle()
    const { journal, store } = one.host
    for (const { run, plan } of journal.list({ limit: 100 })) {
      const sight = {
        program: openPrograms(store).get(plan),
        payloads: openPayloads({
          get: (digest) => store.get(digest),
          put: (b) => digestOfText(String(b)),
        }),
      }
      const records = journal.read(run)
      const calls = [...recordedCalls(sight, records)]
      for (const call of calls) expect([...made]).toContain(noteOf(call))
      const called = new Set([...made].map((note) => (JSON.parse(note) as Note).id))
      const ended = records.filter(
        (record) => record.kind === 'step.done' && called.has(`${run} ${record.path}`),
      )
      const read = new Set(calls.map(({ path }) => path))
      // A retry takes records back, and with them their calls.
      const isWhole = !records.some(({ kind }) => kind === 'run.retried')
      const unread = ended.filter((record) => 'path' in record && !read.has(record.path))
      expect(isWhole ? unread : []).toEqual([])
    }
  },
)

interface Note {
  readonly id: string
}

function noteOf({
  run,
  path,
  attempt,
  key,
  input,
}: Pick<CallRequest, 'run' | 'path' | 'attempt' | 'key'> & { readonly input: Json }): string {
  return JSON.stringify({ id: `${run} ${path}`, attempt, key, input })
}

test('what a fork begins with was called by another run', async () => {
  const step = (id: string): string =>
    `  - { id: ${id}, use: post, with: { v: '\${{ inputs.n }}' } }\n`
  const one = lab({ flows: [`dsl: flux/1\nid: two\nsteps:\n${step('a')}${step('b')}`], actions })
  const run = await one.start({ n: 1 })
  await one.settle()
  const fork = runIdFrom(1_770_000_000_000, new Uint8Array(10))
  await one.engine.fork(run, { run: fork, from: 'b' })
  await one.settle()
  const pathsOf = (name: RunId): readonly string[] => {
    const { journal, store } = one.host
    const plan = journal.find(name)?.plan ?? digestOfText('none')
    const get = (digest: Digest): Uint8Array => store.get(digest)
    const payloads = openPayloads({ get, put: (bytes) => digestOfText(String(bytes)) })
    const sight = { program: openPrograms(store).get(plan), payloads }
    return [...recordedCalls(sight, journal.read(name))].map(({ path }) => path)
  }
  expect(pathsOf(run)).toEqual(['a', 'b'])
  expect(pathsOf(fork)).toEqual(['b'])
})
