/**
 * Which values one version of a JSON Schema allows and another does not, as far as the words of
 * the schemas tell.
 *
 * Pure and total. It never calls two schemas alike that are not: what it cannot compare is a
 * change that breaks. Whether narrower or wider is what hurts depends on who gives the value,
 * and is for `contract.ts`.
 */
import { canonical } from '#engine/core/canonical.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

/** `narrower`: values that were allowed no longer are. `odd`: nobody can say. */
export interface SchemaChange {
  readonly kind: 'narrower' | 'wider' | 'gone' | 'added' | 'odd' | 'words'
  /** The members on the way, joined by dots; empty for the value itself. */
  readonly at: string
  /** What happened, without its subject: `must be given`. */
  readonly what: string
}

const depthMax = 64

/** The changes from `before` to `after`; a schema that is absent allows everything. */
export function schemaChanges(
  before: Json | undefined,
  after: Json | undefined,
): readonly SchemaChange[] {
  const changes: SchemaChange[] = []
  compare(changes, { before: before ?? true, after: after ?? true, at: '', depth: 0 })
  return changes
}

interface Pair {
  readonly before: Json
  readonly after: Json
  readonly at: string
  readonly depth: number
}

function compare(changes: SchemaChange[], pair: Pair): void {
  const { at, depth } = pair
  if (canonical(pair.before) === canonical(pair.after)) return
  const add = (kind: SchemaChange['kind'], what: string): void =>
    void changes.push({ kind, at, what })
  const [before, after] = [wordsOf(pair.before), wordsOf(pair.after)]
  if (before === undefined || after === undefined || depth > depthMax) {
    const isClosed = pair.after === false
    return add(isClosed ? 'narrower' : 'odd', 'means another value')
  }
  const here = { before, after, at, depth }
  compareTypes(add, here)
  compareSets(add, here)
  compareMembers(changes, here)
  for (const word of new Set([...Object.keys(before), ...Object.keys(after)]))
    compareWord(add, word, here)
  if (isObject(before['items']) || isObject(after['items']))
    inner(changes, here, { word: 'items', name: '[]' })
}

/** `true` says nothing, as `{}` does. */
function wordsOf(schema: Json): JsonObject | undefined {
  if (schema === true) return {}
  return isObject(schema) ? schema : undefined
}

interface Words {
  readonly before: JsonObject
  readonly after: JsonObject
  readonly at: string
  readonly depth: number
}

type AddChange = (kind: SchemaChange['kind'], what: string) => void

const allTypes = ['array', 'boolean', 'null', 'number', 'object', 'string']

function typesOf({ type }: JsonObject): readonly string[] {
  if (type === undefined) return allTypes
  const listed = (Array.isArray(type) ? type : [type]).map(String)
  return listed.includes('number') ? [...listed, 'integer'] : listed
}

function compareTypes(add: AddChange, { before, after }: Words): void {
  const [was, is] = [typesOf(before), typesOf(after)]
  const widened = (one: string): boolean => is.includes(one) || is === allTypes
  const known = (one: string): boolean => was.includes(one) || was === allTypes
  const isNarrower = !was.every(widened)
  const isWider = !is.every(known)
  if (isNarrower && isWider) add('odd', 'has another type')
  else if (isNarrower) add('narrower', 'takes fewer types')
  else if (isWider) add('wider', 'takes more types')
}

/** `enum` and `const`. */
function compareSets(add: AddChange, { before, after }: Words): void {
  const [was, is] = [choicesOf(before), choicesOf(after)]
  const isNarrower = is !== undefined && (was === undefined || was.some((one) => !is.includes(one)))
  const isWider = was !== undefined && (is === undefined || is.some((one) => !was.includes(one)))
  if (isNarrower) add('narrower', 'has fewer choices')
  if (isWider) add('wider', 'has more choices')
}

function choicesOf(schema: JsonObject): readonly string[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [canonical(schema['const'] ?? null)]
  const choices = schema['enum']
  return Array.isArray(choices) ? choices.map((one: Json) => canonical(one)) : undefined
}

function compareMembers(changes: SchemaChange[], words: Words): void {
  const { before, after, at, depth } = words
  const [was, is] = [membersOf(before), membersOf(after)]
  const [needed, needs] = [requiredOf(before), requiredOf(after)]
  const under = (name: string): string => (at === '' ? name : `${at}.${name}`)
  for (const name of needs.filter((one) => !needed.includes(one)))
    changes.push({ kind: 'narrower', at: under(name), what: 'must now be given' })
  for (const name of needed.filter((one) => !needs.includes(one) && Object.hasOwn(is, one)))
    changes.push({ kind: 'wider', at: under(name), what: 'can be left out' })
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, now] = [Object.hasOwn(was, name), Object.hasOwn(is, name)]
    if (!now) changes.push({ kind: 'gone', at: under(name), what: 'is gone' })
    else if (!old) changes.push({ kind: 'added', at: under(name), what: 'is new' })
    else
      compare(changes, {
        before: was[name] ?? null,
        after: is[name] ?? null,
        at: under(name),
        depth: depth + 1,
      })
  }
  const [openWas, openIs] = [before['additionalProperties'], after['additionalProperties']]
  if (openWas === false && openIs !== false)
    changes.push({ kind: 'wider', at, what: 'takes other members' })
  else if (openWas !== false && openIs === false)
    changes.push({ kind: 'narrower', at, what: 'takes no other members' })
  else inner(changes, words, { word: 'additionalProperties', name: '*' })
}

function membersOf({ properties }: JsonObject): JsonObject {
  return isObject(properties) ? properties : {}
}

function requiredOf({ required }: JsonObject): readonly string[] {
  return Array.isArray(required) ? required.map(String) : []
}

function inner(
  changes: SchemaChange[],
  { before, after, at, depth }: Words,
  { word, name }: { readonly word: string; readonly name: string },
): void {
  compare(changes, {
    before: before[word] ?? true,
    after: after[word] ?? true,
    at: at === '' ? name : `${at}.${name}`,
    depth: depth + 1,
  })
}

/** Words that only people read. */
const forPeople = new Set(['title', 'description', 'examples', '$comment', '$schema', '$id'])
const compared = new Set([
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
])
const atLeast = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const atMost = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])

function compareWord(add: AddChange, word: string, { before, after }: Words): void {
  const [was, is] = [before[word], after[word]]
  if (compared.has(word) || (word === 'items' && (isObject(was) || isObject(is)))) return
  if (was !== undefined && is !== undefined && canonical(was) === canonical(is)) return
  if (forPeople.has(word)) return add('words', 'is described otherwise')
  if (word === 'default') {
    // Who left it out gets another value, which no type shows.
    return was === undefined ? add('wider', 'has a default') : add('odd', 'has another default')
  }
  if (was !== undefined && is !== undefined && (atLeast.has(word) || atMost.has(word))) {
    const isTighter = Number(is) > Number(was) === atLeast.has(word)
    return add(isTighter ? 'narrower' : 'wider', `has another "${word}"`)
  }
  if (was === undefined) return add(isAssertion(word) ? 'narrower' : 'odd', `has "${word}"`)
  if (is === undefined) return add(isAssertion(word) ? 'wider' : 'odd', `has no "${word}"`)
  add('odd', `has another "${word}"`)
}

/** Words that only ever take values away. */
function isAssertion(word: string): boolean {
  return atLeast.has(word) || atMost.has(word) || others.has(word)
}

const others = new Set(['pattern', 'format', 'multipleOf', 'uniqueItems', 'not', 'allOf', 'anyOf'])
