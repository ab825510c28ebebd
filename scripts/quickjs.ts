/**
 * Makes the QuickJS binary with marks (`engine/sandbox/barrier/`): for a build, and into
 * the cache of a checkout, which `scripts/install` asks for.
 *
 * It takes less than a second and is done once, so that no call of a user waits for it.
 * A file of another version of the code has another name, and is taken away.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { withMarks } from '#engine/sandbox/barrier/rewrite.ts'
import { markedDigest, markedFile, readPackaged } from '#engine/sandbox/wasm.ts'

/** The binary with marks. Throws when it is not the one that this version of the code names. */
export async function makeMarked(): Promise<Uint8Array> {
  const made = withMarks(await readPackaged())
  const digest = createHash('sha256').update(made).digest('hex')
  if (digest === markedDigest) return made
  throw new Error(`The binary with marks has the digest ${digest}, and not ${markedDigest}.`)
}

/** Puts it where a checkout looks for it. */
async function keepMarked(): Promise<void> {
  const file = fileURLToPath(markedFile)
  if (existsSync(file)) return
  const dir = dirname(file)
  await mkdir(dir, { recursive: true })
  for (const name of await readdir(dir)) {
    if (/^quickjs-.*\.wasm$/.test(name)) await rm(join(dir, name), { force: true })
  }
  const draft = join(dir, `.${basename(file)}-${process.pid}`)
  await writeFile(draft, await makeMarked())
  await rename(draft, file)
}

if (import.meta.main) await keepMarked()
