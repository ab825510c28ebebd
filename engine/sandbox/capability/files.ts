/**
 * `ctx.files`: the files of the repository at the run's commit, as far as a grant names
 * them, and the folder that the run leaves behind.
 *
 * What is read comes from Git and never from a working tree; what is written goes to a
 * place that no other run has. A list names only what may be read, so that a grant for
 * one folder does not tell what else there is.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { isAllowedBy } from '#engine/dsl/power/kinds.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'

import { argumentsOf, misused } from './arguments.ts'
import { handleIn } from './blob.ts'
import { blobRead, demandPower } from './demand.ts'

/** The files of one commit. */
export interface RepositoryFiles {
  read(path: string): Promise<Uint8Array>
  list(): Promise<readonly { readonly path: string; readonly bytes: number }[]>
}

export interface FilesPowers {
  readonly repository: (source: RunSource) => Promise<RepositoryFiles>
  readonly write: (
    run: RunId,
    path: string,
    pieces: AsyncIterable<Uint8Array>,
  ) => Promise<{ readonly path: string; readonly bytes: number; readonly digest: string }>
  readonly blobs: () => Promise<Blobs>
}

/** The host's side of `ctx.files`. */
export function filesOperations(powers: FilesPowers): HostOperations {
  return {
    call: async (op, args, context) => {
      if (op === 'files.write') return await write(powers, args, context)
      const files = await powers.repository(context.source)
      if (op === 'files.list') return await list(files, args, context)
      const bytes = await files.read(argumentsOf(op, args, ['path']).text('path'))
      const { buffer, byteOffset, byteLength } = bytes
      return { base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
    },
  }
}

async function list(files: RepositoryFiles, args: Json, context: CallContext): Promise<Json> {
  const prefix = argumentsOf('files.list', args, ['prefix']).text('prefix')
  const { asker, granted } = context
  const mayRead = (path: string): boolean =>
    isAllowedBy(asker.capabilities.files, `read:${path}`) &&
    isAllowedBy(granted.files, `read:${path}`)
  const found = (await files.list()).filter(({ path }) => path.startsWith(prefix) && mayRead(path))
  if (found.length <= limits.gitFilesPerReadMax) return found.map((file) => ({ ...file }))
  const message = `There are ${found.length} files, and ${limits.gitFilesPerReadMax} are listed at most. Ask with a longer "prefix".`
  throw new IonError('RUN_LIMIT_EXCEEDED', message)
}

async function write(powers: FilesPowers, args: Json, context: CallContext): Promise<Json> {
  const op = 'files.write'
  const asked = argumentsOf(op, args, ['path', 'base64', 'blob'])
  const [base64, blob] = [asked.findText('base64'), asked.find('blob')]
  if ((base64 === undefined) === (blob === undefined)) {
    throw misused(op, 'it takes either data or the handle of a blob')
  }
  if (blob !== undefined) demandPower(op, blobRead, context)
  const pieces =
    blob === undefined
      ? once(Buffer.from(base64 ?? '', 'base64'))
      : (await powers.blobs()).stream(handleIn(op, blob).$blob)
  return { ...(await powers.write(context.run, asked.text('path'), pieces)) }
}

async function* once(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  yield piece
}
