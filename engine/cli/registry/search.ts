/**
 * `search`: entries of registries that fit some words, the best first.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { cutRight, printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { registriesOf } from '#engine/host/registry/choose.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import { readDerived } from '#registry/open.ts'
import { searchPath } from '#registry/search/build.ts'
import { type Hit, SearchIndex } from '#registry/search/search.ts'

import { type PlaceValues, registriesHere } from './place.ts'

export interface SearchValues extends PlaceValues {
  readonly words: readonly string[]
  readonly kind?: string
  readonly power?: string
  readonly pure?: boolean
  readonly namespace?: string
  readonly limit?: string
  readonly json?: boolean
}

const kinds = ['flow', 'agent', 'plugin', 'connection']
const dayMs = 86_400_000
const limitDefault = 20
const limitMax = 1_000

interface Found extends Hit {
  readonly registry: string
}

/** Ends with 1 when nothing was found. */
export async function search(terminal: Terminal, values: SearchValues): Promise<number> {
  const limit = Number(values.limit ?? limitDefault)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw new IonError('CLI_USAGE', `"${values.limit ?? ''}" is no number from 1 to ${limitMax}.`)
  if (values.kind !== undefined && !kinds.includes(values.kind))
    throw new IonError('CLI_USAGE', `"${values.kind}" is no kind; there are ${kinds.join(', ')}.`)
  const hits: Found[] = []
  const unchecked: string[] = []
  let found = 0
  for (const { wish, has } of registriesOf(registriesHere(values))) {
    await using opened = await openIndex(wish)
    const bytes = await readDerived(opened.registry, searchPath)
    if (opened.registry.digests === undefined) unchecked.push(wish.address)
    if (bytes === undefined)
      throw new IonError('REG_LOG_BROKEN', `"${wish.address}" has no search index.`)
    const result = new SearchIndex(bytes).search({
      text: values.words.join(' '),
      kind: values.kind,
      power: values.power,
      isPure: values.pure,
      namespace: values.namespace,
      limit: limitMax,
      today: Math.floor(Date.now() / dayMs),
    })
    const own = result.hits.filter(({ name }) => has(name.split('/', 1)[0] ?? ''))
    found += own.length < limitMax ? own.length : result.found
    hits.push(...own.slice(0, limit).map((hit) => ({ ...hit, registry: wish.address })))
  }
  const shown = hits.slice(0, limit)
  if (values.json === true) printJson(terminal, { found, hits: shown, unchecked })
  else {
    show(terminal, shown, found)
    for (const address of unchecked)
      terminal.note(
        `Nobody signed the search index of "${printable(address)}": \`info\` and \`add\` hold what they take to its log.`,
      )
  }
  return shown.length === 0 ? exits.failed : exits.done
}

function show(terminal: Terminal, hits: readonly Hit[], found: number): void {
  if (hits.length === 0) {
    terminal.note('Nothing was found. Fewer words, or the beginning of one, find more.')
    return
  }
  const names = hits.map(({ name, version }) => printable(`${name}@${version}`))
  const [nameWidth, kindWidth] = [
    Math.max(...names.map(({ length }) => length)),
    Math.max(...hits.map(({ kind }) => kind.length)),
  ]
  for (const [at, hit] of hits.entries()) {
    const { score, powers, description } = hit
    const kind = printable(hit.kind)
    const name = (names[at] ?? '').padEnd(nameWidth)
    const may = powers.length === 0 ? '' : ` [${powers.join(', ')}]`
    const left = nameWidth + kindWidth + 15
    const text = cutRight(printable(description) + may, Math.max(20, terminal.columns - left))
    const line = `${terminal.paint('bold', name)}  ${kind.padEnd(kindWidth)}  ${`trust ${score}`.padStart(9)}  ${text}`
    terminal.data(`${line.trimEnd()}\n`)
  }
  if (found > hits.length) terminal.note(`${found - hits.length} more; --limit shows them.`)
}
