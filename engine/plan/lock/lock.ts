/**
 * `ionflux.lock`: what every reference of a repository means, by digest, and which powers were
 * consented to. Small data that is written by a tool, read by people, and compared byte by byte.
 *
 * Pure. The text is canonical: a lock that prints otherwise than it was written is refused.
 */
import { isDigest, type Digest } from '#engine/core/digest.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { powerKinds } from '#engine/dsl/power/kinds.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Permissions } from '#engine/dsl/world.ts'

import { readLines } from './lines.ts'
import { parseSource, printSource } from './source.ts'

/** Where the bytes of a package come from. */
export type LockedSource =
  /** A folder of this repository, at whatever commit is run. */
  | { readonly kind: 'path'; readonly path: string }
  /** Comes with ionflux. */
  | { readonly kind: 'ionflux' }
  | {
      readonly kind: 'git'
      readonly url: string
      readonly commit: string
      /** The folder in that repository; empty for its root. */
      readonly path: string
      /** What was asked for, and what an update asks for again; absent means the default branch. */
      readonly ref?: string
      /** The day of that commit: `2026-01-02`. */
      readonly date?: string
      /** Where a registry said so; absent for what was named by its source. */
      readonly log?: LockedLog
    }

/** A place in the log of a registry, and how much of the log was seen. */
export interface LockedLog {
  /** The range that was asked for, and what an update asks for again. */
  readonly asked: string
  readonly origin: string
  /** How many leaves the log had, and its root then, in hex. */
  readonly size: number
  readonly root: string
  /** The index of the release. */
  readonly leaf: number
}

export interface LockedPackage {
  /** `acme/ledger` */
  readonly name: string
  readonly version: string
  /** Over manifest and sources: what was fetched. */
  readonly digest: Digest
  /** Over what can change behaviour: what runs. */
  readonly exec: Digest
  readonly source: LockedSource
  /** What was consented to. */
  readonly powers: Permissions
}

export interface LockedFlow {
  readonly id: string
  /** The execDigest of its plan. */
  readonly exec: Digest
  /** `name@version` of packages and ids of flows that it needs itself, sorted. */
  readonly packages: readonly string[]
  readonly flows: readonly string[]
}

export interface Lock {
  /** Sorted by name. */
  readonly packages: readonly LockedPackage[]
  /** Sorted by id. */
  readonly flows: readonly LockedFlow[]
}

export const lockFile = 'ionflux.lock'
const version = 1

export function keyOf({ name, version: of }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `${name}@${of}`
}

/** The lock as its one text. */
export function printLock({ packages, flows }: Lock): string {
  const lines = [
    '# Written by `ionflux lock`. What runs is what these digests name.',
    `lock: ${version}`,
    packages.length === 0 ? 'packages: {}' : 'packages:',
  ]
  for (const one of byKey(packages, keyOf)) {
    lines.push(
      `  ${keyOf(one)}:`,
      `    digest: ${one.digest}`,
      `    exec: ${one.exec}`,
      ...sourceLines(one.source),
      ...powerLines(one.powers),
    )
  }
  lines.push(flows.length === 0 ? 'flows: {}' : 'flows:')
  for (const one of byKey(flows, ({ id }) => id)) {
    lines.push(
      `  ${one.id}:`,
      `    exec: ${one.exec}`,
      ...listLine('packages', one.packages),
      ...listLine('flows', one.flows),
    )
  }
  return lines.join('\n') + '\n'
}

function byKey<T>(list: readonly T[], key: (one: T) => string): readonly T[] {
  return list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function sourceLines(source: LockedSource): readonly string[] {
  switch (source.kind) {
    case 'ionflux':
      return ['    from: ionflux']
    case 'path':
      return [`    from: ${JSON.stringify(`./${source.path}`)}`]
    case 'git':
      return [
        `    from: ${JSON.stringify(printSource(source))}`,
        `    commit: ${source.commit}`,
        ...(source.date === undefined ? [] : [`    date: ${source.date}`]),
        ...(source.log === undefined ? [] : [`    log: ${logText(source.log)}`]),
      ]
  }
}

function logText({ asked, origin, size, root, leaf }: LockedLog): string {
  return `{"asked": ${JSON.stringify(asked)}, "origin": ${JSON.stringify(origin)}, "size": ${size}, "root": "${root}", "leaf": ${leaf}}`
}

function powerLines(powers: Permissions): readonly string[] {
  return powerKinds.flatMap((kind) => listLine(kind, powers[kind] ?? []))
}

function listLine(key: string, list: readonly string[]): readonly string[] {
  if (list.length === 0) return []
  const items = list.toSorted().map((text) => JSON.stringify(text))
  return [`    ${key}: [${items.join(', ')}]`]
}

export type ReadLock =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly problem: Problem }

/** Reads a lock. What was edited by hand, or merged badly, is a problem and no lock. */
export function readLock(text: string, file = lockFile): ReadLock {
  const quick = lockOf(readLines(text))
  if (quick !== undefined && printLock(quick) === text) return { ok: true, lock: quick }
  const document = parseDocument({ file, text })
  const [first] = document.problems
  if (first !== undefined) return broken(first.message, file)
  const lock = lockOf(document.value)
  if (lock === undefined) return broken('It is not laid out as a lock.', file)
  if (printLock(lock) !== text) return broken('It was changed by hand or merged badly.', file)
  return { ok: true, lock }
}

function broken(why: string, file: string): ReadLock {
  const problem: Problem = {
    code: 'LOCK_MALFORMED',
    severity: 'error',
    message: `"${file}" cannot be trusted. ${why}`,
    at: '',
    file,
    help: '`ionflux lock` writes it anew; look at what changes.',
  }
  return { ok: false, problem }
}

function lockOf(value: Json | undefined): Lock | undefined {
  if (!isObject(value) || value['lock'] !== version) return undefined
  const [packages, flows] = [value['packages'], value['flows']]
  if (!isObject(packages) || !isObject(flows)) return undefined
  const read = Object.entries(packages).map(([key, one]) => packageOf(key, one))
  const named = Object.entries(flows).map(([id, one]) => flowOf(id, one))
  if (read.includes(undefined) || named.includes(undefined)) return undefined
  return {
    packages: read.filter((one) => one !== undefined),
    flows: named.filter((one) => one !== undefined),
  }
}

function packageOf(key: string, value: Json | undefined): LockedPackage | undefined {
  const at = key.lastIndexOf('@')
  const [name, of] = [key.slice(0, at), key.slice(at + 1)]
  if (!isObject(value) || !/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(name)) return undefined
  const [digest, exec] = [digestIn(value, 'digest'), digestIn(value, 'exec')]
  const source = sourceOf(value)
  if (digest === undefined || exec === undefined || source === undefined) return undefined
  const powers = Object.fromEntries(
    powerKinds.flatMap((kind) => {
      const list = textsIn(value, kind)
      return list.length === 0 ? [] : [[kind, list] as const]
    }),
  )
  return { name, version: of, digest, exec, source, powers }
}

function flowOf(id: string, value: Json | undefined): LockedFlow | undefined {
  const exec = isObject(value) ? digestIn(value, 'exec') : undefined
  if (!isObject(value) || exec === undefined) return undefined
  return { id, exec, packages: textsIn(value, 'packages'), flows: textsIn(value, 'flows') }
}

function sourceOf(value: JsonObject): LockedSource | undefined {
  const { from, commit, date } = value
  const log = logIn(value['log'])
  if (typeof from !== 'string') return undefined
  if (from === 'ionflux') return { kind: 'ionflux' }
  if (from.startsWith('./')) return { kind: 'path', path: from.slice(2) }
  const source = parseSource(from)
  const isCommit = typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit)
  if (source === undefined || !isCommit) return undefined
  const isDay = typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date)
  return {
    kind: 'git',
    ...source,
    commit,
    ...(isDay ? { date } : {}),
    ...(log === undefined ? {} : { log }),
  }
}

function digestIn(value: JsonObject, key: string): Digest | undefined {
  const text = value[key]
  return typeof text === 'string' && isDigest(text) ? text : undefined
}

function textsIn(value: JsonObject, key: string): readonly string[] {
  const list = value[key]
  return Array.isArray(list) && list.every((one) => typeof one === 'string')
    ? (list as readonly string[])
    : []
}

function logIn(value: Json | undefined): LockedLog | undefined {
  const { asked, origin, size, root, leaf } = isObject(value) ? value : {}
  const isPlace = Number.isInteger(size) && Number.isInteger(leaf)
  const isRoot = typeof root === 'string' && /^[0-9a-f]{64}$/.test(root)
  if (typeof asked !== 'string' || typeof origin !== 'string' || !isPlace || !isRoot)
    return undefined
  return { asked, origin, size: Number(size), root, leaf: Number(leaf) }
}
