/**
 * Writes through the system's git: one pack of new objects, which it checks, and one
 * transaction of one ref.
 */
import { IonError } from '#engine/core/error.ts'
import { runGit, type GitResult } from '#engine/mirror/command.ts'
import { openNative } from '#engine/mirror/native.ts'
import { objectBroken } from '#engine/mirror/ref.ts'

import { refRefused } from './names.ts'
import { formatOf, type NewObject } from './objects.ts'
import { packOf } from './pack.ts'
import type { GitWriter } from './port.ts'
import { writerOver } from './writer.ts'

/** What is acknowledged is on the disk; an older git knows only the second. */
const durable = ['-c', 'core.fsync=all', '-c', 'core.fsyncObjectFiles=true']

/** Opens the repository that `dir` is in. Throws `MIRROR_REPOSITORY_MISSING`. */
export async function openNativeWriter(dir: string): Promise<GitWriter> {
  const git = await openNative(dir)
  const run = async (args: readonly string[], input?: Uint8Array | string): Promise<GitResult> =>
    await runGit({ cwd: dir, args, ...(input === undefined ? {} : { input }) })
  const findRef = async (ref: string): Promise<string | undefined> => {
    const { status, stdout } = await run(['rev-parse', '--verify', '--quiet', ref])
    return status === 0 ? stdout.toString('utf8').trim() : undefined
  }
  return writerOver({
    adapter: 'native',
    git,
    findRef,
    anyId: async () => {
      const { stdout } = await run(['hash-object', '-t', 'tree', '--stdin'], '')
      return stdout.toString('utf8').trim()
    },
    async read(oid, kind) {
      const { status, stdout } = await run(['cat-file', kind, oid])
      if (status === 0) return stdout
      throw objectBroken(oid)
    },
    async checkedOut() {
      const { stdout } = await run(['worktree', 'list', '--porcelain'])
      const lines = stdout.toString('utf8').split('\n')
      return new Set(
        lines.flatMap((line) => (line.startsWith('branch ') ? [line.slice('branch '.length)] : [])),
      )
    },
    store: async (objects) => await store(run, objects),
    async moveRef(ref, oid, before) {
      const old = before ?? '0'.repeat(oid.length)
      const args = [...durable, 'update-ref', '--stdin', '-m', 'ionflux: commit']
      const { status, stderr } = await run(args, `update ${ref} ${oid} ${old}\n`)
      if (status === 0) return true
      if ((await findRef(ref)) !== before) return false
      throw refRefused(`The ref "${ref}" cannot be written: ${reasonOf(stderr)}.`, { ref })
    },
  })
}

async function store(
  run: (args: readonly string[], input: Uint8Array) => Promise<GitResult>,
  objects: readonly NewObject[],
): Promise<void> {
  const format = formatOf(objects[0]?.oid ?? '')
  const args = [...durable, 'unpack-objects', '-q', '--strict']
  const { status, stderr } = await run(args, packOf(format, objects))
  if (status === 0) return
  const reason = reasonOf(stderr)
  const message = `The commit could not be written: ${reason}.`
  throw new IonError('MIRROR_WRITE_FAILED', message, { data: { reason } })
}

function reasonOf(stderr: string): string {
  const line = stderr.split('\n')[0] ?? ''
  return line.replace(/^(?:fatal|error): /, '').replace(/\.$/, '') || 'no reason was given'
}
