/**
 * Which power each host operation needs, and the refusal when it is not there.
 *
 * The one table of it: an operation that is not in here does not exist for a guest. A
 * request to a host is the exception, because redirects ask again (`http.ts`).
 */
import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { isAllowedBy, type PowerKind } from '#engine/dsl/power/kinds.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'

/** A power in the words of a manifest: `git` and `write:main`. */
export interface Need {
  readonly kind: PowerKind
  readonly value: string
  /** What the guest does, for the message: `reads the repository`. */
  readonly does: string
  /** Whether any power of the word will do: `read:docs/**` for `read`. */
  readonly isSome?: true
  /** Whether it changes what others see: an action must say so in its `effects`. */
  readonly isChange?: true
}

type Powers = Pick<CallContext, 'asker' | 'granted' | 'effects'>

const gitRead: Need = { kind: 'git', value: 'read', does: 'reads the repository' }
const stateRead: Need = { kind: 'state', value: 'read', does: "reads the flow's state" }
const stateWrite: Need = {
  kind: 'state',
  value: 'write',
  does: "writes the flow's state",
  isChange: true,
}

export const blobRead: Need = { kind: 'blob', value: 'read', does: 'reads blobs' }
export const blobWrite: Need = { kind: 'blob', value: 'write', does: 'writes blobs' }

function fileNeed(word: 'read' | 'write', args: Json): Need {
  const path = textIn(args, 'path')
  // A name with ".." in it would fit a pattern and mean something else.
  const isPlain = path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
  if (!isPlain) {
    const shown = path.slice(0, 200).toWellFormed()
    const message = `"${shown}" is no path of a file: write it from the top, with "/" and without "." and "..".`
    throw new IonError('RUN_INPUT_REFUSED', message, { data: { path: shown } })
  }
  const value = `${word}:${path}`
  if (word === 'read') return { kind: 'files', value, does: `reads the file "${path}"` }
  return { kind: 'files', value, does: `writes the file "${path}"`, isChange: true }
}

const needs: Readonly<Record<string, (args: Json) => Need>> = {
  'git.log': () => gitRead,
  'git.tags': () => gitRead,
  'git.tree': () => gitRead,
  'git.read': () => gitRead,
  'git.diff': () => gitRead,
  'git.commit': (args) => {
    const branch = textIn(args, 'branch')
    const does = `writes the branch "${branch.slice(0, 100)}"`
    return { kind: 'git', value: `write:${branch}`, does, isChange: true }
  },
  'git.tag': (args) => {
    const name = textIn(args, 'name')
    const does = `makes the tag "${name.slice(0, 100)}"`
    return { kind: 'git', value: `tag:${name}`, does, isChange: true }
  },
  'state.get': () => stateRead,
  'state.list': () => stateRead,
  'state.set': () => stateWrite,
  'state.delete': () => stateWrite,
  'files.read': (args) => fileNeed('read', args),
  // The list has only what may be read.
  'files.list': () => ({ kind: 'files', value: 'read', does: 'lists files', isSome: true }),
  'files.write': (args) => fileNeed('write', args),
  'model.ask': (args) => {
    const value = textIn(args, 'class')
    return { kind: 'model', value, does: `asks a model of the class "${value.slice(0, 100)}"` }
  },
  'blob.read': () => blobRead,
  'blob.create': () => blobWrite,
  'blob.append': () => blobWrite,
  'blob.finish': () => blobWrite,
}

/** What needs no grant, or asks for it itself: which host is in the question, and checked with it. */
const free: ReadonlySet<string> = new Set([
  'http.fetch',
  'http.presign',
  'keys.sign',
  'keys.verify',
  'mail.send',
  'schema.check',
])

/** Throws `CAP_NOT_GRANTED` unless both the plugin and the flow name the power. */
export function demand(op: string, args: Json, powers: Powers): void {
  if (free.has(op)) return
  const need = Object.hasOwn(needs, op) ? needs[op]?.(args) : undefined
  if (need !== undefined) return demandPower(op, need, powers)
  const message = `The host offers no operation "${op.slice(0, 100)}".`
  throw refused(message, { op: op.slice(0, 100) })
}

/** The same for one power. */
export function demandPower(op: string, need: Need, { asker, granted, effects }: Powers): void {
  const { kind, value, does, isChange, isSome = false } = need
  const isOn = (list: readonly string[] | undefined): boolean =>
    isAllowedBy(list, value) ||
    (isSome && (list ?? []).some((item) => item.startsWith(`${value}:`)))
  const { name } = asker
  const shown = value.slice(0, 200)
  const data = { capability: `${kind}: ${shown}`, op, unit: name }
  const list = /^[a-z]+$/.test(shown) ? shown : JSON.stringify(shown)
  if (!isOn(asker.capabilities[kind])) {
    const message = `"${name}" ${does} without asking for it. Add "capabilities: { ${kind}: [${list}] }" to its manifest.`
    throw refused(message, { ...data, by: 'plugin' })
  }
  if (!isOn(granted[kind])) {
    const message = `"${name}" ${does}, which the flow does not allow. Add "permissions: { ${kind}: [${list}] }" to the flow.`
    throw refused(message, { ...data, by: 'flow' })
  }
  if (isChange === true && (effects === 'pure' || effects === 'read')) {
    const message = `"${name}" ${does}, and its manifest says "effects: ${effects}". Write "effects: idempotent" or "effects: unsafe" there.`
    throw refused(message, { ...data, by: 'plugin', effects })
  }
}

/** A text among the arguments; empty when there is none. */
function textIn(args: Json, key: string): string {
  const value = isObject(args) ? args[key] : undefined
  return typeof value === 'string' ? value : ''
}

function refused(message: string, data: Readonly<Record<string, Json>>): IonError {
  const code: Code = 'CAP_NOT_GRANTED'
  return new IonError(code, message, { data })
}
