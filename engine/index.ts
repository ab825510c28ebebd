/**
 * The door for programs that embed ionflux: find a flow, load it, run it, look at runs.
 *
 * The command line does nothing that cannot be done from here. The names are a promise
 * to people outside; a test holds them. Plugin authors import `plugin.ts` instead.
 *
 * @example
 * const target = await findTarget({ flow: 'flows/greeting.flow.yaml' })
 * const { loaded, problems } = await loadFlow(target.files, target.file)
 * if (loaded === undefined) throw new Error(problems[0]?.message)
 * const session = await openSession('.ionflux', { carriesOn: true })
 * const run = freshRunId()
 * await session.start({
 *   run, plan: loaded.digest, blobs: loaded.blobs, input: { name: 'Ada' }, source: target.source,
 * })
 * await session.follow({ run, until: 'ended', hear: (records) => console.log(records) })
 * await session.close()
 */
export { codes, type Code } from '#engine/core/codes.ts'
export type { Digest } from '#engine/core/digest.ts'
export { IonError, type Failure } from '#engine/core/error.ts'
export type { RunId } from '#engine/core/id.ts'
export type { Json, JsonObject } from '#engine/core/json.ts'
export type { Problem } from '#engine/core/problem.ts'
export { version } from '#engine/host/installation.ts'
export { openRunReader, type RunReader } from '#engine/host/reader.ts'
export type { Files } from '#engine/host/repository/files.ts'
export { loadFlow, type LoadedFlow, type Loading } from '#engine/host/repository/load.ts'
export { dataDirectory } from '#engine/host/repository/root.ts'
export { freshRunId, openSession, type Session } from '#engine/host/session.ts'
export { findTarget, type Target } from '#engine/host/target.ts'
export { renameStep, type Renamed, type RenameWish } from '#engine/host/testing/rename.ts'
export { viewOf, type RunRecord, type RunStatus, type RunView } from '#engine/host/views.ts'
export type { Plan } from '#engine/plan/plan.ts'
