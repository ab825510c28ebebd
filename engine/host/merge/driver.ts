/**
 * Lets Git merge flows and locks by what they mean: the settings of a clone, and one merge.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { mergeFlows, type MergeConflict } from '#engine/dsl/merge/merge.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'
import { mergeLocks } from '#engine/plan/lock/merge.ts'

const attributes = ['*.flow.yaml merge=ionflux', `${lockFile} merge=ionflux`]

/** Which of the two it had to change. */
export interface Installed {
  readonly isAttributesWritten: boolean
  readonly isConfigured: boolean
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
  if (missing.length > 0) writeFileSync(path, `${text}${glue}${missing.join('\n')}\n`)
  const driver = `${command} merge-driver %O %A %B %P`
  const isConfigured =
    configure(root, 'merge.ionflux.name', 'flows and locks by what they mean') &&
    configure(root, 'merge.ionflux.driver', driver)
  return { isAttributesWritten: missing.length > 0, isConfigured }
}

function configure(root: string, key: string, value: string): boolean {
  try {
    execFileSync('git', ['config', '--local', key, value], { cwd: root, stdio: 'ignore' })
    return true
  } catch {
    return false
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
    return merged.conflicts.map((id) => ({ at: `flows.${id}` }))
  }
  const { text, conflicts } = mergeFlows({ file, ...texts })
  writeFileSync(ours, text)
  return conflicts
}
