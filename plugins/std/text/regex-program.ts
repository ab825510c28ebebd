/**
 * Turns the tree of a regular expression into the steps that `regex.ts` follows.
 *
 * Whether a character is in a set is asked of the engine's own expressions, which see one
 * character at a time here and so cannot be slow.
 */
import { endless, parsePattern, PatternFault, type Flags, type Node } from './regex-syntax.ts'

export type Step =
  | { readonly op: 'char'; readonly code: number }
  | { readonly op: 'class'; readonly has: (code: number) => boolean }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly kind: 'start' | 'end' | 'edge' | 'inside' }
  | { readonly op: 'match' }

export interface Program {
  readonly steps: readonly Step[]
  /** Groups with the whole match as the first one. */
  readonly groups: number
  readonly names: readonly (readonly [string, number])[]
  /** Finds where a match can begin; absent where that can be anywhere. */
  readonly first?: RegExp
}

const stepsMax = 10_000

export function compile(pattern: string, flags: Flags): Program {
  const { node, groups, names } = parsePattern(pattern)
  const steps: Step[] = []
  emit({ kind: 'group', slot: 0, node }, { steps, sets: new Map(), flags })
  steps.push({ op: 'match' })
  const starts = firstOf(node)
  if (starts === undefined || starts.length > 20) return { steps, groups, names }
  const first = new RegExp(`(?:${starts.join('|')})`, `g${flagText(flags)}`)
  return { steps, groups, names, first }
}

function flagText({ isCaseless, isDotAll }: Flags): string {
  return `u${isCaseless ? 'i' : ''}${isDotAll ? 's' : ''}`
}

interface Output {
  readonly steps: Step[]
  readonly sets: Map<string, Step>
  readonly flags: Flags
}

function emit(node: Node, output: Output): void {
  const { steps } = output
  if (steps.length > stepsMax) throw new PatternFault('The repetitions multiply to too many steps.')
  switch (node.kind) {
    case 'set':
      steps.push(setOf(node, output))
      return
    case 'list':
      for (const one of node.nodes) emit(one, output)
      return
    case 'assert':
      steps.push({ op: 'assert', kind: node.assert })
      return
    case 'group':
      steps.push({ op: 'save', slot: node.slot * 2 })
      emit(node.node, output)
      steps.push({ op: 'save', slot: node.slot * 2 + 1 })
      return
    case 'either':
      emitEither(node.nodes, output)
      return
    case 'repeat':
      emitRepeat(node, output)
  }
}

function emitEither(nodes: readonly Node[], output: Output): void {
  const { steps } = output
  const ends: { op: 'jump'; to: number }[] = []
  nodes.forEach((one, i) => {
    if (i === nodes.length - 1) return emit(one, output)
    const split = { op: 'split' as const, first: steps.length + 1, second: 0 }
    steps.push(split)
    emit(one, output)
    const jump = { op: 'jump' as const, to: 0 }
    steps.push(jump)
    ends.push(jump)
    split.second = steps.length
  })
  for (const jump of ends) jump.to = steps.length
}

function emitRepeat(
  { node, min, max, isLazy }: Extract<Node, { kind: 'repeat' }>,
  output: Output,
): void {
  const { steps } = output
  for (let i = 0; i < min; i++) emit(node, output)
  const branch = (): { op: 'split'; first: number; second: number } => {
    const split = { op: 'split' as const, first: steps.length + 1, second: 0 }
    steps.push(split)
    return split
  }
  const close = (split: { first: number; second: number }): void => {
    split.second = steps.length
    if (isLazy) [split.first, split.second] = [split.second, split.first]
  }
  if (max === endless) {
    const start = steps.length
    const split = branch()
    emit(node, output)
    steps.push({ op: 'jump', to: start })
    close(split)
    return
  }
  const splits = []
  for (let i = min; i < max; i++) {
    splits.push(branch())
    emit(node, output)
  }
  for (const split of splits) close(split)
}

function setOf({ source, code }: Extract<Node, { kind: 'set' }>, { sets, flags }: Output): Step {
  const known = sets.get(source)
  if (known !== undefined) return known
  let regex: RegExp
  try {
    regex = new RegExp(`^${source}$`, flagText(flags))
  } catch {
    throw new PatternFault(`"${source.slice(0, 80)}" is no character and no set of them.`)
  }
  const step: Step =
    code !== undefined && !flags.isCaseless
      ? { op: 'char', code }
      : { op: 'class', has: table(regex) }
  sets.set(source, step)
  return step
}

/** Asks the set once for each character, because texts repeat theirs. */
function table(regex: RegExp): (code: number) => boolean {
  const known = new Map<number, boolean>()
  return (code) => {
    const found = known.get(code)
    if (found !== undefined) return found
    const has = regex.test(String.fromCodePoint(code))
    if (known.size < 10_000) known.set(code, has)
    return has
  }
}

/** The sets that a match can begin with; undefined where it may begin with none. */
function firstOf(node: Node): readonly string[] | undefined {
  switch (node.kind) {
    case 'set':
      return [node.source]
    case 'group':
      return firstOf(node.node)
    case 'either': {
      const all = node.nodes.map(firstOf)
      return all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? [])
    }
    case 'repeat':
      return node.min === 0 ? undefined : firstOf(node.node)
    case 'list': {
      const next = node.nodes.find((one) => one.kind !== 'assert')
      return next === undefined ? undefined : firstOf(next)
    }
    case 'assert':
      return undefined
  }
}
