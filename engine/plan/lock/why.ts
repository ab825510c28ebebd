/**
 * Why something is in a lock: the ways from flows that nobody calls to it.
 */
import { limits } from '#engine/core/limits.ts'
import type { Lock } from './lock.ts'

/** Each way from a flow to the package or flow `name`, both ends included; shortest first. */
export function whyOf(lock: Lock, name: string): readonly (readonly string[])[] {
  const isPackage = name.includes('/')
  const users = (id: string): readonly string[] =>
    lock.flows.filter(({ flows }) => flows.includes(id)).map((flow) => flow.id)
  const direct = isPackage
    ? lock.flows
        .filter(({ packages }) => packages.some((key) => key.startsWith(`${name}@`)))
        .map(({ id }) => [id, name])
    : users(name).map((id) => [id, name])
  const ways: string[][] = []
  const open = [...direct]
  for (
    let way = open.shift();
    way !== undefined && ways.length < limits.lockWaysMax;
    way = open.shift()
  ) {
    ways.push(way)
    const [first = ''] = way
    const rest = way
    open.push(
      ...users(first)
        .filter((id) => !rest.includes(id))
        .map((id) => [id, ...rest]),
    )
  }
  return ways
}
