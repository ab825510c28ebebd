/**
 * `ctx.state`: what a flow remembers from run to run, as its plugins read and write it.
 *
 * The flow's id comes from the call and never from the guest, so no flow sees another's
 * keys. A guest is told of nothing before it is durable.
 */
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'
import { homeOf, type StateEntry, type States } from '#engine/runtime/states.ts'

import { argumentsOf, misused } from './arguments.ts'

/** The host's side of `ctx.state`. */
export function stateOperations(states: States): HostOperations {
  return {
    call: async (op, args, { flow, source }) => {
      const answer = await perform(states, { op, args, flow: homeOf(flow, source) })
      await states.settled()
      return answer
    },
  }
}

interface Asked extends Pick<CallContext, 'flow'> {
  readonly op: string
  readonly args: Json
}

async function perform(states: States, { op, args, flow }: Asked): Promise<Json> {
  if (op === 'state.get') {
    return shown(states.find(flow, argumentsOf(op, args, ['key']).text('key')))
  }
  if (op === 'state.list') {
    const asked = argumentsOf(op, args, ['prefix', 'limit', 'after'])
    const limit = Math.min(asked.findNumber('limit') ?? 100, limits.stateListMax)
    const after = asked.findText('after')
    const query = { prefix: asked.text('prefix'), limit }
    return states.list(flow, after === undefined ? query : { ...query, after }).map(shown)
  }
  const isDelete = op === 'state.delete'
  const asked = argumentsOf(op, args, isDelete ? ['key', 'expected'] : ['key', 'value', 'expected'])
  const value = asked.find('value')
  if (!isDelete && value === undefined) throw misused(op, 'it needs a "value"')
  const expected = asked.findNumber('expected')
  const [entry] = await states.change([
    {
      flow,
      key: asked.text('key'),
      ...(value === undefined ? {} : { value }),
      ...(expected === undefined ? {} : { expected }),
    },
  ])
  return entry === undefined ? null : { version: entry.version }
}

function shown(entry: StateEntry | undefined): Json {
  return entry === undefined ? null : { ...entry }
}
