/**
 * Lets Git merge flows and locks by what they mean: the settings of a clone, and one merge.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import type { Problem } from '#engine/core/problem.ts'
import { checkFlow } from '#engine/dsl/check.ts'
import { mergeFlows, type MergeConflict } from '#engine/dsl/merge/merge.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { hasGit } from '#engine/host/repository/head.ts'
import { findRoot } from '#engine/host/repository/root.ts'
import { worldOf } from '#engine/host/repository/world.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'
import { mergeLocks } from '#engine/plan/lock/merge.ts'

const attributes = ['*.flow.yaml merge=ionflux', `${lockFile} merge=ionflux`]

/** Which of the two it had to change. */
export interface Installed {
  readonly isAttributesWritten: boolean
  readonly isConfigured: boolean
  /** What Git said where it could not set up the clone; absent where there is none. */
  readonly refused?: string
}

/**
 * Names the driver in `.gitattributes`, which is committed, and in the settings of this clone,
 * which are not. `command` is how this ionflux is called.
 */
export function installMergeDriver(root: string, command: string): Installed {
  const path = join(root, '.gitattributes')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const missing = attributes.filter((line) => !text.split(/\r?\n/).includes(line))
  const glue = text === '' || text.endsWith('\n') ? '' : '\n'
  if (missing.length > 0 && isOwnFile(path))
    writeFileSync(path, `${text}${glue}${missing.join('\n')}\n`)
  const driver = `${command} merge-driver %O %A %B %P`
  const refused =
    configure(root, 'merge.ionflux.name', 'flows and locks by what they mean') ??
    configure(root, 'merge.ionflux.driver', driver)
  return {
    isAttributesWritten: missing.length > 0,
    isConfigured: refused === undefined,
    ...(refused !== undefined && isInGit(resolve(root)) ? { refused } : {}),
  }
}

function isInGit(folder: string): boolean {
  const above = dirname(folder)
  return hasGit(folder) || (above !== folder && isInGit(above))
}

/** A link would lead the write out of the repository. */
function isOwnFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true
}

/** Why Git did not take it; undefined where it did. */
function configure(root: string, key: string, value: string): string | undefined {
  try {
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    execFileSync('git', ['config', '--local', key, value], { cwd: root, stdio: [...stdio] })
    return undefined
  } catch (thrown) {
    const { stderr, message } = thrown as Error & { readonly stderr?: Buffer | null }
    return stderr?.toString('utf8').trim() || message
  }
}

export interface MergeFiles {
  /** Of the last common version, of ours (the result goes here) and of theirs. */
  readonly base: string
  readonly ours: string
  readonly theirs: string
  /** The path in the repository. */
  readonly file: string
}

/** Merges as Git asks: the result is in the file `ours`. Returns what needs a person. */
export function mergeFiles({ base, ours, theirs, file }: MergeFiles): readonly MergeConflict[] {
  const texts = {
    base: readFileSync(base, 'utf8'),
    ours: readFileSync(ours, 'utf8'),
    theirs: readFileSync(theirs, 'utf8'),
  }
  if (basename(file) === lockFile) {
    const merged = mergeLocks(texts)
    if (merged === undefined) return [{ at: '' }]
    writeFileSync(ours, merged.text)
    return merged.conflicts.map((at) => ({ at }))
  }
  const { text, conflicts } = mergeFlows({ file, ...texts })
  writeFileSync(ours, text)
  return conflicts.length > 0 ? conflicts : brokenBy(file, { ...texts, merged: text })
}

/**
 * What is wrong with the merged flow and with neither side: one removed what the other reads, or
 * both gave one id away.
 */
function brokenBy(
  file: string,
  { ours, theirs, merged }: Readonly<Record<'ours' | 'theirs' | 'merged', string>>,
): readonly MergeConflict[] {
  const files = openWorkingTree(findRoot('.') ?? '.')
  const world = worldOf(openCatalog(files), files)
  const errors = (text: string): readonly Problem[] =>
    checkFlow(parseDocument({ file, text }), world).problems.filter(
      ({ severity }) => severity === 'error',
    )
  const before = new Set([ours, theirs].flatMap((text) => errors(text).map((one) => one.message)))
  return errors(merged)
    .filter(({ message }) => !before.has(message))
    .map(({ at, message }) => ({ at, why: message }))
}
