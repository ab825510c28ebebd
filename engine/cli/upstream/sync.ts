/**
 * `sync`: what upstream changed comes here.
 */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf } from '#engine/cli/place.ts'
import { planJson } from '#engine/cli/plan/plan-json.ts'
import { planMarkdown } from '#engine/cli/plan/plan-markdown.ts'
import { planText } from '#engine/cli/plan/plan-text.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { commitSync, titleOf } from '#engine/host/upstream/branch.ts'
import type { FileConflict } from '#engine/host/upstream/merge-files.ts'
import { makeChanges, placeIn } from '#engine/host/upstream/place.ts'
import type { Proposal } from '#engine/host/upstream/propose.ts'
import { planSync, type Sync } from '#engine/host/upstream/sync.ts'

import { isAccepted, isAsked } from './ask.ts'

export interface SyncValues {
  readonly dir: string
  readonly to?: string
  readonly set?: readonly string[]
  readonly branch?: string
  readonly pullRequest?: boolean
  /** The secret that the forge is sent. */
  readonly token?: string
  readonly forge?: string
  readonly dryRun?: boolean
  readonly acceptCaps?: boolean
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Ends with 1 for conflicts, with 4 when nobody looked at what grows. */
export async function sync(terminal: Terminal, values: SyncValues): Promise<number> {
  const root = rootOf(values)
  const place = placeIn(root, values.dir)
  const cache = openBundleCache(dataDirOf(values))
  const inputs = inputsOf(values.set)
  const found = await planSync({ root, place, to: values.to, inputs, cache })
  if (found === undefined) {
    if (values.json === true) printJson(terminal, { isCurrent: true })
    else terminal.note(`"${printable(place)}" is what upstream is.`)
    return exits.done
  }
  const runs = new Map()
  if (values.json !== true) {
    terminal.note(`${found.before.name} ${found.before.version} → ${found.after.version}`)
    terminal.note(planText(terminal, found.plan, { isFull: false, recorded: runs }))
    tellConflicts(terminal, found.conflicts)
    for (const one of found.held)
      terminal.note(`${terminal.paint('warn', 'look')} ${printable(one)}`)
  }
  const written = await write(values, { root, place, found })
  if (values.json === true) {
    printJson(terminal, {
      isCurrent: false,
      before: found.before,
      after: found.after,
      files: [...found.changes.keys()],
      conflicts: found.conflicts,
      held: found.held,
      branch: written?.branch ?? null,
      pullRequest: written?.pullRequest ?? null,
      plan: planJson(found.plan, runs),
    })
  } else if (written !== undefined) terminal.note(written.text)
  return found.conflicts.length > 0 ? exits.failed : exits.done
}

interface Writing {
  readonly root: string
  readonly place: string
  readonly found: Sync
}

interface Written {
  /** What was done, for people. */
  readonly text: string
  readonly branch?: string
  readonly pullRequest?: Proposal
}

/** Undefined where the files of the working tree were changed. */
async function write(values: SyncValues, writing: Writing): Promise<Written | undefined> {
  const { root, found } = writing
  if (values.dryRun === true) return { text: 'Nothing was written.' }
  if (values.pullRequest === true) return await proposeSync(values, writing)
  if (values.branch !== undefined) {
    const { branch } = values
    const markdown = withHeld(found, planMarkdown(found.plan, new Map()))
    const commit = await commitSync({ root, branch, sync: found, markdown })
    const text = `"${branch}" has it in ${commit.slice(0, 12)}: ionflux plan HEAD..${branch}`
    return { text, branch }
  }
  await demandLook(values, found)
  makeChanges(root, found.changes)
  return undefined
}

/** Commits to the branch, pushes it, and proposes it with its plan. */
async function proposeSync(values: SyncValues, { root, found }: Writing): Promise<Written> {
  const { openProposer } = await import('#engine/host/upstream/propose.ts')
  const { openSecretBook } = await import('#engine/host/secrets.ts')
  const {
    token: secret,
    forge,
    branch = `sync/${found.after.name}-${found.after.version}`,
  } = values
  if (secret === undefined)
    throw new IonError('CLI_USAGE', '--pull-request needs --token NAME, a secret of the forge.')
  const token = await openSecretBook(dataDirOf(values), process.env).get(secret)
  const apiUrl = forge?.replace(/\/+$/, '')
  const proposer = await openProposer({ root, token, apiUrl })
  const body = withHeld(found, planMarkdown(found.plan, new Map()))
  const commit = await commitSync({ root, branch, sync: found, markdown: body })
  const pullRequest = await proposer.propose(branch, commit, { title: titleOf(found), body })
  const { isNew, url } = pullRequest
  return {
    text: `${isNew ? 'Proposed' : 'Brought up to date'}: ${printable(url)}`,
    branch,
    pullRequest,
  }
}

function withHeld({ held, conflicts }: Sync, markdown: string): string {
  const list = (title: string, rows: readonly string[]): string =>
    rows.length === 0 ? '' : `\n### ${title}\n\n${rows.map((row) => `- ${row}`).join('\n')}\n`
  const rows = conflicts.map(
    ({ file, at, why }) => `\`${file}\` ${at} ${why ?? 'both sides changed it'}`,
  )
  // First what a person must see: a forge cuts a long text at its end.
  return `${list('Look at this', held)}${list('Conflicts: ours stayed', rows)}\n${markdown}`.trim()
}

async function demandLook({ acceptCaps = false }: SyncValues, { held }: Sync): Promise<void> {
  if (held.length === 0 || acceptCaps) return
  if (isAsked() && (await isAccepted('Take it in?'))) return
  throw new IonError(
    'CAP_NOT_GRANTED',
    `Upstream grows powers, takes safeguards away or adds triggers: ${held.join(' ')} Look at it on a branch (--branch NAME), or call again with --accept-caps.`,
    { data: { held: [...held] } },
  )
}

export function tellConflicts(terminal: Terminal, conflicts: readonly FileConflict[]): void {
  for (const { file, at, why, ours, theirs } of conflicts) {
    const where = at === '' ? file : `${file}: ${at}`
    terminal.note(
      `${terminal.paint('fail', 'conflict')} ${printable(where)} ${printable(why ?? '')}`,
    )
    if (ours === undefined && theirs === undefined) continue
    terminal.note(`  ours    ${shown(ours)}`)
    terminal.note(`  theirs  ${shown(theirs)}`)
  }
}

const charsShown = 100

function shown(value: unknown): string {
  const text = value === undefined ? '(gone)' : JSON.stringify(value)
  return printable(text.length > charsShown ? `${text.slice(0, charsShown)}…` : text)
}

function inputsOf(set: readonly string[] = []): JsonObject {
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  return readInputs({ args: set, schema: undefined, subject: 'The blueprint', readFile })
}
