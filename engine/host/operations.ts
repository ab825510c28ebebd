/**
 * What the host does for guests, joined from its parts: Git of the run's repository,
 * requests to other hosts, the secrets that go with them.
 *
 * A run and a call by hand have the same powers because both open them here. Each part
 * is loaded with its first use; whether a guest may use it is decided before it gets here.
 */
import { join } from 'node:path'

import type { HttpDoor } from '#engine/connection/http.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import { IonError } from '#engine/core/error.ts'
import { gitOperations, type GitOperations } from '#engine/mirror/operations.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { States } from '#engine/runtime/states.ts'
import { blobOperations } from '#engine/sandbox/capability/blob.ts'
import { schemaOperations } from '#engine/sandbox/capability/schema.ts'
import { stateOperations } from '#engine/sandbox/capability/state.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

export interface OperationsOptions {
  /** Opened with the first secret that is asked for. */
  readonly secrets: () => Promise<SecretBook>
  readonly states: States
  /** Where the large data lies; made with its first use. */
  readonly directory: string
  /** What to say to a guest whose run belongs to no repository. */
  readonly withoutRepository: string
}

export interface OpenOperations extends HostOperations {
  /** Ends connections that are still open. */
  close(): Promise<void>
}

/** Opens every operation that a guest may be granted. */
export function openOperations(options: OperationsOptions): OpenOperations {
  const { secrets, withoutRepository, directory, states } = options
  const blobs = openBlobArea(directory)
  const http = openHttp(secrets, blobs)
  const areas: Readonly<Record<string, HostOperations>> = {
    http,
    git: openGits(withoutRepository),
    state: stateOperations(states),
    blob: blobOperations(blobs),
    schema: schemaOperations(),
  }
  return {
    call: async (op, args, context) => {
      const [area = ''] = op.split('.')
      const operations = Object.hasOwn(areas, area) ? areas[area] : undefined
      if (operations !== undefined) return await operations.call(op, args, context)
      throw new IonError('CAP_NOT_GRANTED', `The host offers no operation "${op}".`, {
        data: { op },
      })
    },
    close: http.close,
  }
}

/** Where large data lies, opened with its first use. */
function openBlobArea(directory: string): () => Promise<Blobs> {
  let blobs: Blobs | undefined
  return async () => {
    const { openBlobs } = await import('#engine/durable/blobs.ts')
    return (blobs ??= openBlobs(join(directory, 'blobs')))
  }
}

function openHttp(secrets: () => Promise<SecretBook>, blobs: () => Promise<Blobs>): OpenOperations {
  let door: Promise<HttpDoor> | undefined
  let operations: Promise<HostOperations> | undefined
  const openDoor = async (): Promise<HttpDoor> => {
    const { HttpDoor } = await import('#engine/connection/http.ts')
    return new HttpDoor()
  }
  const open = async (): Promise<HostOperations> => {
    const { httpOperations } = await import('#engine/sandbox/capability/http.ts')
    return httpOperations({ door: async () => await (door ??= openDoor()), secrets, blobs })
  }
  return {
    call: async (op, args, context) =>
      await (await (operations ??= open())).call(op, args, context),
    close: async () => {
      const opened = await door
      await opened?.[Symbol.asyncDispose]()
    },
  }
}

/** Answers guests from the repository that their run belongs to. */
function openGits(withoutRepository: string): HostOperations {
  const byRepository = new Map<string, GitOperations>()
  return {
    call: async (op, args, context) => {
      const { repository } = context.source
      if (repository === undefined) {
        throw new IonError('MIRROR_REPOSITORY_MISSING', withoutRepository)
      }
      let git = byRepository.get(repository)
      if (git === undefined) {
        const { openGit } = await import('#engine/mirror/open.ts')
        git = gitOperations({ git: async () => await openGit(repository) })
        byRepository.set(repository, git)
      }
      return await git.call(op, args, context)
    },
  }
}
