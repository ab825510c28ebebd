/**
 * `fork` and `use`: files of a package become files of this repository.
 */
import { basename, join, posix } from 'node:path'
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { isObject, type JsonObject } from '#engine/core/json.ts'
import { exitOfProblems, exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printJson } from '#engine/cli/output.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { Blueprint } from '#engine/dsl/blueprint/file.ts'
import { checkAll } from '#engine/host/repository/check-all.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { type Files, openWorkingTree } from '#engine/host/repository/files.ts'
import { packagesNeeded } from '#engine/host/package/needed.ts'
import type { BlueprintPackage } from '#engine/host/package/package.ts'
import { readerOf } from '#engine/host/target.ts'
import { lineageFile, printLineage } from '#engine/host/upstream/lineage.ts'
import {
  changesAt,
  demandEmpty,
  filledFiles,
  forkedFiles,
  inputsFor,
  makeChanges,
  placeIn,
} from '#engine/host/upstream/place.ts'
import { overlay } from '#engine/host/upstream/overlay.ts'
import { findReference, type Found } from '#engine/host/upstream/reference.ts'

import { ask, isAsked } from './ask.ts'

interface Values {
  readonly reference: string
  readonly dir?: string | undefined
  readonly json?: boolean
  readonly repo?: string
}
export interface ForkValues extends Values {
  readonly as?: string
}
export interface UseValues extends Values {
  readonly set?: readonly string[]
}

/** Copies a package to make it one's own. */
export async function fork(terminal: Terminal, values: ForkValues): Promise<number> {
  const root = rootOf(values)
  const found = await findReference(values.reference, root)
  const { package: one } = found
  const as = values.as ?? one.name
  if (!/^[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/.test(as))
    throw new IonError('CLI_USAGE', `"${as}" is no name; write namespace/name.`)
  const folder = one.kind === 'plugin' ? 'plugins' : 'blueprints'
  const place = placeIn(root, values.dir ?? join(root, folder, as))
  if (one.kind === 'plugin') demandFree(root, place, as)
  return await take(terminal, { values, root, place, found, files: forkedFiles(one, as) })
}

/** A repository has one plugin of a name: a second one would be nobody's choice. */
function demandFree(root: string, place: string, name: string): void {
  const [there] = openCatalog(openWorkingTree(root)).filesOfPlugin(name)
  if (there === undefined || there === `${place}/plugin.yaml`) return
  throw new IonError(
    'DSL_PLUGIN_DUPLICATE',
    `The repository has a plugin "${name}" already, in "${posix.dirname(there)}". Fork it under another name: --as me/${basename(name)}.`,
    { data: { plugin: name } },
  )
}

/** Fills a blueprint in. */
export async function use(terminal: Terminal, values: UseValues): Promise<number> {
  const root = rootOf(values)
  const found = await findReference(values.reference, root)
  const { package: one } = found
  if (one.kind === 'plugin') {
    const message = `"${one.name}" is a plugin: \`ionflux add\` locks it, \`ionflux fork\` copies it.`
    throw new IonError('CLI_USAGE', message)
  }
  const inputs = await askedInputs(one, values.set ?? [])
  const place = placeIn(root, values.dir ?? join(root, 'flows', basename(one.name)))
  const files = filledFiles(one, inputs)
  return await take(terminal, { values, root, place, found, files, inputs })
}

/** What was given, and at a terminal what is asked for besides. */
async function askedInputs(one: BlueprintPackage, set: readonly string[]): Promise<JsonObject> {
  const schema = one.blueprint.inputs
  const names = set.map((text) => text.split(/:?=/, 1)[0] ?? '')
  const asked = isAsked() ? await answers(one.blueprint, names) : []
  const given = readInputs({
    args: [...set, ...asked],
    schema,
    subject: `The blueprint "${one.name}"`,
    option: '--set',
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  return await inputsFor(one, given)
}

async function answers(
  { inputs = {} }: Blueprint,
  names: readonly string[],
): Promise<readonly string[]> {
  const properties = isObject(inputs['properties']) ? inputs['properties'] : {}
  const required = Array.isArray(inputs['required']) ? inputs['required'] : []
  const given: string[] = []
  for (const [name, schema] of Object.entries(properties)) {
    if (names.includes(name) || !isObject(schema)) continue
    const { description, default: usual } = schema
    const about = typeof description === 'string' ? ` (${description})` : ''
    const hint = usual === undefined ? '' : ` [${JSON.stringify(usual)}]`
    const answer = await ask(`${printable(`${name}${about}${hint}`)}: `)
    if (answer !== '' || (required.includes(name) && usual === undefined))
      given.push(`${name}=${answer}`)
  }
  return given
}

/** What its flows call and the repository does not have: `acme/csv@^1`. */
function missingFrom(files: Files, one: BlueprintPackage): readonly string[] {
  const { findPlugin } = openCatalog(files)
  return [...packagesNeeded(one)].flatMap(([name, range]) => {
    if (findPlugin(name) !== undefined) return []
    return [printable(range === undefined ? name : `${name}@${range}`)]
  })
}

interface Taking {
  readonly values: Values
  readonly root: string
  readonly place: string
  readonly found: Found
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly inputs?: JsonObject
}

async function take(terminal: Terminal, taking: Taking): Promise<number> {
  const { values, root, place, found, files, inputs } = taking
  const { package: one, from, commit } = found
  demandEmpty(root, place)
  const lineage = printLineage({
    name: one.name,
    version: one.version,
    digest: one.digest,
    from,
    ...(commit === undefined ? {} : { commit }),
    ...(inputs === undefined ? {} : { inputs }),
  })
  const all = new Map([...files, [lineageFile, new TextEncoder().encode(lineage)]])
  const changes = changesAt(place, all)
  const paths = [...changes.keys()]
  const tree = overlay(openWorkingTree(root), changes)
  const flows = paths.filter((path) => /\.flow\.ya?ml$/.test(path))
  const { problems } = await checkAll({ files: tree, paths: [place, ...flows] })
  const exit = exitOfProblems(problems)
  // What is filled in works as it is or is not there; a fork is for changing it.
  const isWritten = exit === exits.done || inputs === undefined
  if (isWritten) makeChanges(root, changes)
  if (values.json === true) {
    const { name, version } = one
    printJson(terminal, { name, version, place, files: isWritten ? paths : [], problems })
    return exit
  }
  if (!isWritten) {
    showProblems({ terminal, readText: readerOf(tree) }, problems)
    if (one.kind !== 'plugin')
      for (const need of missingFrom(tree, one))
        terminal.note(`Add what it needs: ionflux add ${need}`)
    terminal.note('Nothing was written.')
    return exit
  }
  for (const path of paths) terminal.note(`  ${terminal.paint('ok', 'created')} ${printable(path)}`)
  if (problems.length > 0) showProblems({ terminal, readText: readerOf(tree) }, problems)
  if (one.kind !== 'plugin') {
    for (const [name, about] of Object.entries(one.blueprint.secrets ?? {}))
      terminal.note(`It needs the secret ${name}: ${printable(about)} (ionflux secret set ${name})`)
  }
  if (exit === exits.done)
    terminal.note(`Yours now. \`ionflux sync ${place}\` merges what upstream changes later.`)
  return exit
}
