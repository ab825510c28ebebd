/**
 * `publish [TAG]`: a tagged commit becomes a release of a registry.
 */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import { originOf } from '#engine/host/publish/origin.ts'
import { type Prepared, prepareRelease } from '#engine/host/publish/prepare.ts'
import { type Published, publishRelease } from '#engine/host/publish/publish.ts'
import { demandPushed } from '#engine/host/publish/pushed.ts'
import { parseTag, tagHere } from '#engine/host/publish/tag.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import type { Registry } from '#registry/open.ts'

import { type RegistryValues, settingsOf } from './settings.ts'
import { writeSubmission } from './submission.ts'

export interface PublishValues extends RegistryValues {
  readonly tag?: string | undefined
  readonly branch?: readonly string[]
  readonly url?: string
  readonly out?: string
  readonly sigstoreBundle?: string
  readonly dryRun?: boolean
}

const usualBranches = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master']

/** Publishes; with `--dry-run` says what would be published and needs no key. */
export async function publish(terminal: Terminal, values: PublishValues): Promise<number> {
  const root = rootOf(values)
  const tag = values.tag ?? (await chosenTag(root))
  const branches = values.branch ?? usualBranches
  const origin = await originOf(root, { given: values.url, env: process.env })
  const wish = { folder: root, tag, branches, ...origin }
  if (values.dryRun === true) return await tryOut(terminal, values, wish)
  const settings = settingsOf(values, namespaceOf(tag, root))
  const bundle = values.sigstoreBundle === undefined ? undefined : readFile(values.sigstoreBundle)
  const done = await publishRelease({ ...settings, ...wish, bundle })
  if (values.out !== undefined) writeSubmission(values.out, done.announced)
  tellPublished(terminal, values, done)
  const isThere = done.prepared.published !== undefined
  if (done.announced.leaves.length === 0 && !isThere && values.out === undefined) throw nowhere()
  return exits.done
}

function tellPublished(
  terminal: Terminal,
  values: PublishValues,
  { prepared, announced }: Published,
): void {
  const [leaf] = announced.leaves
  const { published } = prepared
  const found = { leaf: leaf ?? published ?? null, isNew: leaf !== undefined }
  const document = { ...documentOf(prepared), ...found }
  terminal.hear?.(document)
  if (values.json === true) {
    printJson(terminal, document)
    return
  }
  tell(terminal, prepared)
  const key = `${prepared.draft.name}@${prepared.draft.version}`
  if (published !== undefined) terminal.note(`${key} was published before, with these bytes.`)
  else if (leaf !== undefined) terminal.note(`${key} is leaf ${leaf} of ${announced.origin}.`)
  else if (values.out !== undefined)
    terminal.note(`Signed. Whoever keeps the log takes it: ionflux release accept ${values.out}`)
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const message = `"${path}" cannot be read: ${(cause as Error).message}.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { cause })
  }
}

function nowhere(): IonError {
  return new IonError(
    'CLI_USAGE',
    'Nothing was written: give --log-key where this machine keeps the log, or --out FILE for whoever does.',
  )
}

/** Which registry is meant: by the name in the tag, or by the namespace of the repository. */
function namespaceOf(tag: string, root: string): string {
  const name = parseTag(tag)?.name ?? ''
  if (name.includes('/')) return name.split('/', 1)[0] ?? '*'
  return demandMarker(openWorkingTree(root)).namespace ?? '*'
}

/** The tag that a runner was started by, or the one of the commit that is checked out. */
async function chosenTag(root: string): Promise<string> {
  const { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: name } = process.env
  return type === 'tag' && name !== undefined ? name : await tagHere(root)
}

async function tryOut(
  terminal: Terminal,
  values: PublishValues,
  wish: Parameters<typeof prepareRelease>[0],
): Promise<number> {
  const prepared = await withRegistry(values, async (registry) =>
    prepareRelease({ ...wish, ...(registry === undefined ? {} : { registry }) }),
  )
  const refusal = prepared.published === undefined ? await refusalOf(wish, prepared) : undefined
  const document = { ...documentOf(prepared), refusal: refusal ?? null }
  terminal.hear?.(document)
  if (values.json === true) printJson(terminal, document)
  else {
    tell(terminal, prepared)
    if (refusal !== undefined) terminal.note(terminal.paint('warn', printable(`  ${refusal}`)))
    terminal.note('Nothing was published.')
  }
  return exits.done
}

/** Why others could not get it yet; a dry run may come before the push, and without a network. */
async function refusalOf(
  wish: Parameters<typeof demandPushed>[0],
  { tagged }: Prepared,
): Promise<string | undefined> {
  try {
    await demandPushed(wish, tagged)
    return undefined
  } catch (error) {
    if (error instanceof IonError) return error.message
    throw error
  }
}

async function withRegistry<T>(
  { registry: address }: PublishValues,
  work: (registry?: Registry) => Promise<T>,
): Promise<T> {
  if (address === undefined) return await work()
  await using opened = await openIndex({ address, from: process.cwd() })
  return await work(opened.registry)
}

function tell(terminal: Terminal, { tagged, branch, proof, judgement, draft }: Prepared): void {
  terminal.note(
    `${terminal.paint('bold', printable(`${draft.name}@${draft.version}`))} (${draft.kind})`,
  )
  terminal.note(`  ${tagged.tag} is ${tagged.commit.slice(0, 12)} of ${branch}`)
  terminal.note(`  ${draft.digest}`)
  const tests = proof.passed === 1 ? '1 test passes' : `${proof.passed} tests pass`
  terminal.note(proof.passed === 0 ? '  it has no tests' : `  ${tests}`)
  const caps = Object.entries(draft.caps).flatMap(([kind, list]) =>
    list.map((one) => `${kind}:${one}`),
  )
  for (const power of caps) terminal.note(`  ${terminal.paint('warn', 'may')} ${printable(power)}`)
  if (judgement === undefined) return
  terminal.note(`  a ${judgement.bump} step from ${judgement.before}`)
  for (const { bump, message } of judgement.changes.slice(0, 20))
    terminal.note(`    ${bump}: ${printable(message)}`)
}

function documentOf({ tagged, branch, proof, judgement, draft, published }: Prepared): object {
  return {
    release: draft,
    commit: tagged.commit,
    branch,
    tests: { passed: proof.passed, failed: [...proof.failed] },
    step: judgement ?? null,
    isPublished: published !== undefined,
  }
}
