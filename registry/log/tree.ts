/**
 * The Merkle tree of a log (RFC 6962, 2.1): hashes of leaves and nodes, and proofs that a
 * leaf is in a tree and that one tree is the beginning of another.
 *
 * Pure: hashes of whole subtrees come from whoever keeps them (`tiles.ts`), and proofs are
 * checked by the algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2, with nothing else at hand.
 */
import { isSame } from '#registry/bytes.ts'

export type Hash = (bytes: Uint8Array) => Uint8Array

export function leafHash(hash: Hash, bytes: Uint8Array): Uint8Array {
  const marked = new Uint8Array(bytes.length + 1) // begins with 0, which marks a leaf
  marked.set(bytes, 1)
  return hash(marked)
}

export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  const marked = new Uint8Array(1 + left.length + right.length)
  marked[0] = 1 // marks a node
  marked.set(left, 1)
  marked.set(right, 1 + left.length)
  return hash(marked)
}

/** The hash of the whole subtree of `2 ** level` leaves that is the `index`-th of its level. */
export type ReadNode = (level: number, index: number) => Promise<Uint8Array>

/** The largest power of two below `size`, which is more than 1. */
function split(size: number): number {
  return 2 ** (31 - Math.clz32(size - 1))
}

interface Tree {
  readonly hash: Hash
  readonly node: ReadNode
}

/** The hash over the leaves from `start` to before `end`, a range that the tree has. */
async function rangeHash(tree: Tree, start: number, end: number): Promise<Uint8Array> {
  const size = end - start
  const level = 31 - Math.clz32(size)
  if (size === 2 ** level) return await tree.node(level, start / size)
  const middle = start + split(size)
  const left = await rangeHash(tree, start, middle)
  return nodeHash(tree.hash, left, await rangeHash(tree, middle, end))
}

/** The root of a tree of `size` leaves. */
export async function rootHash(tree: Tree, size: number): Promise<Uint8Array> {
  return size === 0 ? tree.hash(new Uint8Array()) : await rangeHash(tree, 0, size)
}

/** Proves that leaf `index` is in the tree of `size` leaves. */
export async function inclusionProof(
  tree: Tree,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<readonly Uint8Array[]> {
  const path: Uint8Array[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + split(end - start)
    const isLeft = index < middle
    path.unshift(await (isLeft ? rangeHash(tree, middle, end) : rangeHash(tree, start, middle)))
    ;[start, end] = isLeft ? [start, middle] : [middle, end]
  }
  return path
}

/** Proves that the tree of `from` leaves is the beginning of that of `to` leaves. */
export async function consistencyProof(
  tree: Tree,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Uint8Array[]> {
  if (from === 0 || from === to) return []
  const path: Uint8Array[] = []
  let [start, end] = [0, to]
  let isWhole = true
  while (from !== end) {
    const middle = start + split(end - start)
    const isLeft = from <= middle
    path.unshift(await (isLeft ? rangeHash(tree, middle, end) : rangeHash(tree, start, middle)))
    if (isLeft) end = middle
    else [start, isWhole] = [middle, false]
  }
  if (!isWhole) path.unshift(await rangeHash(tree, start, end))
  return path
}

export interface Inclusion {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export function isIncluded(hash: Hash, given: Inclusion): boolean {
  const { leaf, index, size, root, proof } = given
  if (index < 0 || index >= size) return false
  let [at, last, found] = [index, size - 1, leaf]
  for (const step of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      found = nodeHash(hash, step, found)
      while (at % 2 === 0 && at !== 0) [at, last] = [at >>> 1, last >>> 1]
    } else found = nodeHash(hash, found, step)
    ;[at, last] = [at >>> 1, last >>> 1]
  }
  return last === 0 && isSame(found, root)
}

export interface Consistency {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export function isConsistent(hash: Hash, given: Consistency): boolean {
  const { from, to, fromRoot, toRoot, proof } = given
  if (from > to || from < 0) return false
  if (from === to) return proof.length === 0 && isSame(fromRoot, toRoot)
  if (from === 0) return proof.length === 0 && isSame(fromRoot, hash(new Uint8Array()))
  const isPower = 2 ** (31 - Math.clz32(from)) === from
  const [first, ...rest] = isPower ? [fromRoot, ...proof] : proof
  if (first === undefined || (isPower && proof.length === 0)) return false
  let [at, last, old, whole] = [from - 1, to - 1, first, first]
  while (at % 2 === 1) [at, last] = [at >>> 1, last >>> 1]
  for (const step of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      old = nodeHash(hash, step, old)
      whole = nodeHash(hash, step, whole)
      while (at % 2 === 0 && at !== 0) [at, last] = [at >>> 1, last >>> 1]
    } else whole = nodeHash(hash, whole, step)
    ;[at, last] = [at >>> 1, last >>> 1]
  }
  return last === 0 && isSame(old, fromRoot) && isSame(whole, toRoot)
}

/** Builds the root of a growing log with one hash per level, for whoever reads all leaves once. */
export class Frontier {
  readonly #hash: Hash
  readonly #whole: (Uint8Array | undefined)[] = []
  #size = 0

  constructor(hash: Hash) {
    this.#hash = hash
  }

  get size(): number {
    return this.#size
  }

  push(leaf: Uint8Array): void {
    let node = leaf
    let level = 0
    for (let left = this.#whole[level]; left !== undefined; left = this.#whole[level]) {
      node = nodeHash(this.#hash, left, node)
      this.#whole[level] = undefined
      level += 1
    }
    this.#whole[level] = node
    this.#size += 1
  }

  root(): Uint8Array {
    const parts = this.#whole.filter((node) => node !== undefined)
    const [smallest, ...larger] = parts
    if (smallest === undefined) return this.#hash(new Uint8Array())
    return larger.reduce((right, left) => nodeHash(this.#hash, left, right), smallest)
  }
}
