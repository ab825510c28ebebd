/**
 * Goal: roots are those of RFC 6962 and proofs prove what they say and nothing else. Method:
 * the eight leaves that implementations of the RFC share, and every pair of sizes of small trees.
 */
import { describe, expect, test } from 'vitest'

import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { fromHex, toHex } from '#registry/bytes.ts'
import {
  consistencyProof,
  Frontier,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  type ReadNode,
  rootHash,
} from '#registry/log/tree.ts'

const hash = nodeCrypto.sha256
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(hash, fromHex(hex)))

/** By number of leaves. */
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

function nodesOf(list: readonly Uint8Array[]): ReadNode {
  const node: ReadNode = async (level, index) =>
    level === 0
      ? (list[index] as Uint8Array)
      : nodeHash(hash, await node(level - 1, index * 2), await node(level - 1, index * 2 + 1))
  return node
}

const many = Array.from({ length: 40 }, (_, i) => leafHash(hash, Uint8Array.of(i)))
const tree = { hash, node: nodesOf(many) }
const sizes = Array.from({ length: many.length + 1 }, (_, size) => size)

test.each(roots.map((root, size) => ({ root, size })))(
  'a tree of $size leaves has its root',
  async ({ root, size }) => {
    const frontier = new Frontier(hash)
    for (const leaf of leaves.slice(0, size)) frontier.push(leaf)
    expect(toHex(frontier.root())).toBe(root)
    expect(toHex(await rootHash({ hash, node: nodesOf(leaves) }, size))).toBe(root)
  },
)

describe('a proof of inclusion', () => {
  test('holds for every leaf of every size, and for no other place', async () => {
    for (const size of sizes.slice(1)) {
      const root = await rootHash(tree, size)
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(tree, { index, size })
        const given = { leaf: many[index] as Uint8Array, index, size, root, proof }
        expect(isIncluded(hash, given)).toBe(true)
        expect(isIncluded(hash, { ...given, index: (index + 1) % size })).toBe(size === 1)
        expect(isIncluded(hash, { ...given, leaf: root })).toBe(size === 1)
        expect(isIncluded(hash, { ...given, proof: [...proof, root] })).toBe(false)
        expect(isIncluded(hash, { ...given, index: size })).toBe(false)
        expect(isIncluded(hash, { ...given, proof: proof.slice(1) })).toBe(size === 1)
      }
    }
  })
})

describe('a proof of consistency', () => {
  test('holds for every pair of sizes, and for no other root', async () => {
    for (const to of sizes) {
      const toRoot = await rootHash(tree, to)
      for (let from = 0; from <= to; from++) {
        const fromRoot = await rootHash(tree, from)
        const proof = await consistencyProof(tree, { from, to })
        const given = { from, to, fromRoot, toRoot, proof }
        expect(isConsistent(hash, given)).toBe(true)
        const other = leafHash(hash, Uint8Array.of(99))
        expect(isConsistent(hash, { ...given, fromRoot: other })).toBe(false)
        expect(isConsistent(hash, { ...given, toRoot: other })).toBe(from === 0 && to > 0)
        expect(isConsistent(hash, { ...given, proof: [...proof, other] })).toBe(false)
        const isEmpty = proof.length === 0
        expect(isConsistent(hash, { ...given, proof: proof.slice(1) })).toBe(isEmpty)
        expect(isConsistent(hash, { ...given, from: to, to: from })).toBe(from === to)
      }
    }
  })
})
