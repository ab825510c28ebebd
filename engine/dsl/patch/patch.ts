/**
 * Edits a file by ranges: the parts that an edit does not concern keep every byte.
 *
 * Pure and total. The text after the edit is read again and compared with what the edit
 * means for the value; an edit that would come out otherwise is refused with a problem,
 * never made. A file is not printed as a whole; that is `fmt`.
 */
import { canonical } from '#engine/core/canonical.ts'
import { type Json, type JsonObject, pointer } from '#engine/core/json.ts'
import { hasErrors, type Problem, type TextEdit } from '#engine/core/problem.ts'
import { findSteps } from '#engine/dsl/check/walk.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import type { List } from '#engine/dsl/text/tree.ts'

import { addItem, addKey, setValue } from './change.ts'
import { applyEdits, areApart } from './edits.ts'
import { segments, valueAt, withItem, withoutValue, withValue } from './model.ts'
import { movedItem, newItem } from './moved.ts'
import { removePart } from './remove.ts'
import { renameEdits } from './rename.ts'
import { findSlot, Refusal, type Ground, type Slot } from './slot.ts'
import { isBlock, styleOf } from './style.ts'

/** `at` and `into` are JSON Pointers into the file as it is; `into` names a list of steps. */
export type Edit =
  | { readonly kind: 'set'; readonly at: string; readonly value: Json }
  | { readonly kind: 'delete'; readonly at: string }
  | {
      readonly kind: 'addStep'
      readonly into: string
      readonly index: number
      readonly step: JsonObject
    }
  | { readonly kind: 'removeStep'; readonly id: string }
  /** `index` is the place the step has in the list afterwards. */
  | {
      readonly kind: 'moveStep'
      readonly id: string
      readonly into: string
      readonly index: number
    }
  | { readonly kind: 'renameStep'; readonly id: string; readonly to: string }

export type Patched =
  | { readonly text: string; readonly edits: readonly TextEdit[]; readonly problem?: undefined }
  | { readonly problem: Problem }

/**
 * Makes `edit` in the text of `document`.
 *
 * @example
 * patch(parseDocument({ file, text }), { kind: 'set', at: '/timeout', value: '5m' })
 */
export function patch(document: Document, edit: Edit): Patched {
  const at = 'at' in edit ? edit.at : 'into' in edit ? edit.into : ''
  try {
    const { text, edits } = made(document, edit)
    return { text, edits }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { problem: thrown.problem(at) }
    throw thrown
  }
}

interface Change {
  readonly edits: readonly TextEdit[]
  /** The value of the file afterwards. */
  readonly value: Json
}

function made(document: Document, edit: Edit): { text: string; edits: readonly TextEdit[] } {
  const { text, tree, value, file } = document
  if (tree === undefined || value === undefined || hasErrors(document.problems)) {
    throw new Refusal('The file has mistakes in its text.', 'Mend them first: ionflux check.')
  }
  const change = changeOf({ text, tree, style: styleOf(text, tree) }, document, edit)
  const after = areApart(change.edits, text.length) ? applyEdits(text, change.edits) : text
  const reread = parseDocument({ file, text: after })
  const isMeant = reread.value !== undefined && canonical(reread.value) === canonical(change.value)
  if (!isMeant || hasErrors(reread.problems)) {
    throw new Refusal(
      'This place is written in a way that cannot be edited with certainty.',
      'Edit the text.',
    )
  }
  return { text: after, edits: change.edits }
}

function changeOf(ground: Ground, document: Document, edit: Edit): Change {
  const value = document.value ?? null
  switch (edit.kind) {
    case 'set':
      return set(ground, value, edit)
    case 'delete':
      return remove(ground, value, edit.at)
    case 'removeStep':
      return remove(ground, value, stepPlace(value, edit.id))
    case 'addStep': {
      const list = listAt(ground, edit.into)
      const { index, step } = edit
      const model = withItem(value, segments(edit.into), { index, item: step })
      const item = newItem(ground, step)
      return { value: there(model), edits: addItem(ground, list, { index, item }) }
    }
    case 'moveStep':
      return move(ground, value, edit)
    case 'renameStep':
      return renameEdits(document, { from: edit.id, to: edit.to })
  }
}

function set(
  ground: Ground,
  value: Json,
  { at, value: by }: { readonly at: string; readonly value: Json },
): Change {
  const path = segments(at)
  const after = there(withValue(value, path, by))
  const slot = findSlot(ground.tree, path)
  if (slot !== undefined) return { value: after, edits: setValue(ground, slot, by) }
  const holder = path.length === 1 ? ground.tree : findSlot(ground.tree, path.slice(0, -1))?.value
  if (holder?.kind !== 'mapping') throw nothingThere()
  return { value: after, edits: addKey(ground, holder, { key: path.at(-1) ?? '', value: by }) }
}

function remove(ground: Ground, value: Json, at: string): Change {
  const path = segments(at)
  const after = there(withoutValue(value, path))
  const slot = findSlot(ground.tree, path)
  if (slot === undefined) throw nothingThere()
  return { value: after, edits: removePart(ground, slot, around(ground, path)) }
}

function move(
  ground: Ground,
  value: Json,
  { id, into, index }: { readonly id: string; readonly into: string; readonly index: number },
): Change {
  const at = stepPlace(value, id)
  if (`${into}/`.startsWith(`${at}/`)) throw new Refusal(`"${id}" cannot move into itself.`)
  const [path, target] = [segments(at), segments(into)]
  const item = there(valueAt(value, path))
  const from = findSlot(ground.tree, path)
  if (from?.holder.kind !== 'list') throw nothingThere()
  const isSame = pointer(...path.slice(0, -1)) === into
  // In its own list the step leaves a gap, which moves the ones after it up.
  const before = isSame && index > from.index ? index + 1 : index
  const added = there(withItem(value, target, { index: before, item }))
  const gone =
    isSame && before <= from.index ? [...path.slice(0, -1), String(from.index + 1)] : path
  const after = there(withoutValue(added, shifted(gone, { into: target, index: before })))
  if (isSame && index === from.index) return { value, edits: [] }
  const moved = movedItem(ground, { list: from.holder, index: from.index, value: item })
  return {
    value: after,
    edits: [
      ...removePart(ground, from, around(ground, path)),
      ...addItem(ground, listAt(ground, into), { index: before, item: moved }),
    ],
  }
}

/** Where `path` leads once something stands at `index` of the list `into`. */
function shifted(
  path: readonly string[],
  { into, index }: { readonly into: readonly string[]; readonly index: number },
): readonly string[] {
  const isBelow = into.every((part, i) => path[i] === part) && path.length > into.length + 1
  const own = Number(path[into.length])
  return isBelow && own >= index ? path.with(into.length, String(own + 1)) : path
}

function around(ground: Ground, path: readonly string[]): Slot | undefined {
  return findSlot(ground.tree, path.slice(0, -1))
}

function listAt(ground: Ground, at: string): { list: List; slot: Slot | undefined } {
  const slot = findSlot(ground.tree, segments(at))
  if (slot?.value.kind !== 'list') throw new Refusal(`There is no list of steps at "${at}".`)
  const isEmptyBlock = isBlock(ground.text, slot.value) && slot.value.items.length === 0
  if (isEmptyBlock) throw nothingThere()
  return { list: slot.value, slot }
}

function stepPlace(value: Json, id: string): string {
  const found = findSteps(value).filter(({ step }) => step['id'] === id)
  const [only] = found
  if (found.length === 1 && only !== undefined) return only.at
  throw new Refusal(found.length === 0 ? `There is no step "${id}".` : `Several steps are "${id}".`)
}

function there(value: Json | undefined): Json {
  if (value === undefined) throw nothingThere()
  return value
}

function nothingThere(): Refusal {
  return new Refusal('There is nothing at this place.', 'Name a part that the file has.')
}
