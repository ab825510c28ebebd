/**
 * What the host does for guests, joined from its parts: Git of the run's repository,
 * requests to other hosts, the secrets that go with them.
 *
 * A run and a call by hand have the same powers because both open them here. Each part
 * is loaded with its first use; whether a guest may use it is decided before it gets here.
 */
import { join } from 'node:path'

import type { HttpDoor } from '#engine/connection/http.ts'
import type { sendMail } from '#engine/connection/mail.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import { IonError } from '#engine/core/error.ts'
import type { Artifacts } from '#engine/durable/artifacts.ts'
import { gitOperations } from '#engine/mirror/operations.ts'
import type { CommitId, GitPort } from '#engine/mirror/port.ts'
import type { GitWriter } from '#engine/mirror/write/port.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { States } from '#engine/runtime/states.ts'
import type { Writer } from '#engine/sandbox/capability/commit.ts'
import { blobOperations } from '#engine/sandbox/capability/blob.ts'
import { schemaOperations } from '#engine/sandbox/capability/schema.ts'
import { filesOperations } from '#engine/sandbox/capability/files.ts'
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
  const repositoryOf = openRepositories(withoutRepository)
  const http = openHttp(secrets, blobs)
  const areas: Readonly<Record<string, HostOperations>> = {
    http,
    git: gitArea(repositoryOf, blobs),
    files: filesArea(repositoryOf, { directory, blobs }),
    state: stateOperations(states),
    blob: blobOperations(blobs),
    schema: schemaOperations(),
    mail: openMail(secrets, blobs),
    keys: openKeys(secrets),
    model: noModels,
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

/** The power is declared, checked and shown; the models themselves are still to come. */
const noModels: HostOperations = {
  call: async (op) => {
    const message = 'This release serves no models yet. Leave the step out until one does.'
    throw new IonError('CAP_NOT_SERVED', message, { data: { op } })
  },
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

/** Signatures with keys, loaded with the first one. */
function openKeys(secrets: () => Promise<SecretBook>): HostOperations {
  let operations: Promise<HostOperations> | undefined
  const open = async (): Promise<HostOperations> =>
    (await import('#engine/sandbox/capability/keys.ts')).keyOperations({ secrets })
  return {
    call: async (op, args, context) =>
      await (await (operations ??= open())).call(op, args, context),
  }
}

/** Mail, whose library is loaded with the first one. */
function openMail(secrets: () => Promise<SecretBook>, blobs: () => Promise<Blobs>): HostOperations {
  let operations: Promise<HostOperations> | undefined
  const open = async (): Promise<HostOperations> => {
    const { mailOperations } = await import('#engine/sandbox/capability/mail.ts')
    const send = async (): Promise<typeof sendMail> =>
      (await import('#engine/connection/mail.ts')).sendMail
    return mailOperations({ send, secrets, blobs })
  }
  return {
    call: async (op, args, context) =>
      await (await (operations ??= open())).call(op, args, context),
  }
}

type OpenRepository = (source: RunSource) => Promise<GitPort>

/** Opens the repository that a run belongs to, once for all runs of it. */
function openRepositories(withoutRepository: string): OpenRepository {
  const known = new Map<string, Promise<GitPort>>()
  return async ({ repository }) => {
    if (repository === undefined) {
      throw new IonError('MIRROR_REPOSITORY_MISSING', withoutRepository)
    }
    const opening =
      known.get(repository) ??
      import('#engine/mirror/open.ts').then(async ({ openGit }) => await openGit(repository))
    known.set(repository, opening)
    opening.catch(() => known.delete(repository)) // what is not there may come
    return await opening
  }
}

/** Answers guests from the repository that their run belongs to, and writes into it. */
function gitArea(repositoryOf: OpenRepository, blobs: () => Promise<Blobs>): HostOperations {
  const writing = {
    blobs,
    writer: async (source: RunSource) => {
      const { root } = await repositoryOf(source)
      const { openGitWriter } = await import('#engine/mirror/open.ts')
      return writerOf(await openGitWriter(root))
    },
  }
  return {
    call: async (op, args, context) => {
      if (op === 'git.commit' || op === 'git.tag') {
        const { commitFor, tagFor } = await import('#engine/sandbox/capability/commit.ts')
        return await (op === 'git.commit' ? commitFor : tagFor)(writing, args, context)
      }
      const git = gitOperations({ git: async () => await repositoryOf(context.source) })
      return await git.call(op, args, context)
    },
  }
}

/** What a guest calls the id of a commit is one only when the repository finds it. */
function writerOf(writer: GitWriter): Writer {
  return {
    tag: async (wish) => await writer.tag(wish),
    commit: async ({ expected, ...wish }) =>
      await writer.commit(
        expected === undefined ? wish : { ...wish, expected: expected as CommitId | null },
      ),
  }
}

/** Files come from the commit of the run, and go to its own folder. */
function filesArea(
  repositoryOf: OpenRepository,
  { directory, blobs }: { readonly directory: string; readonly blobs: () => Promise<Blobs> },
): HostOperations {
  let artifacts: Artifacts | undefined
  return filesOperations({
    blobs,
    repository: async (source) => {
      const git = await repositoryOf(source)
      const at = source.commit ?? 'HEAD'
      return {
        read: async (path) => (await git.read({ at, path })).bytes,
        list: async () =>
          (await git.tree({ at }))
            .filter(({ type }) => type === 'file')
            .map(({ path, size = 0 }) => ({ path, bytes: size })),
      }
    },
    write: async (run, path, pieces) => {
      const { openArtifacts } = await import('#engine/durable/artifacts.ts')
      artifacts ??= openArtifacts(join(directory, 'artifacts'))
      return await artifacts.write(run, path, pieces)
    },
  })
}
