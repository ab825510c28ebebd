/** The repository around a call: its marker and its lock, as files that can be read. */
import { existsSync } from 'node:fs'

import type { Problem } from '#engine/core/problem.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { readMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { hasGit } from '#engine/host/repository/head.ts'

import { broken, type Finding } from './finding.ts'

/** `from` is where the call was made. */
export function lookAtRepository(root: string | undefined, from: string): readonly Finding[] {
  const name = 'repository'
  if (root === undefined) {
    const help = 'ionflux init makes one; a single flow file runs without.'
    return [{ name, status: 'warning', text: `none around ${from}`, help }]
  }
  try {
    const files = openWorkingTree(root)
    const [marker] = readMarker(files).problems
    const { lock, problem } = lockIn(files)
    const parts = [
      existsSync(`${root}/ionflux.yaml`) ? 'ionflux.yaml' : undefined,
      hasGit(root) ? 'Git' : undefined,
    ]
    const text = `${root} (${parts.filter(Boolean).join(', ')})`
    return [
      marker === undefined ? { name, status: 'ok', text } : wrong(name, marker, 'ionflux check'),
      ...(problem === undefined ? [] : [wrong('lock', problem, 'ionflux lock')]),
      ...(lock === undefined ? [] : [locked(lock.packages.length)]),
    ]
  } catch (thrown) {
    return [broken(name, thrown, `Make ${root} readable.`)]
  }
}

function locked(count: number): Finding {
  const text = `ionflux.lock pins ${count} package${count === 1 ? '' : 's'}`
  return { name: 'lock', status: 'ok', text }
}

function wrong(name: string, { code, message }: Problem, command: string): Finding {
  return { name, status: 'error', text: message, help: `${command} says where.`, code }
}
