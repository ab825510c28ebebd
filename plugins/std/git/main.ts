/** The run's repository, as actions. The host answers and writes; nothing is added. */
import type { Action, Git, GitCommit, JsonObject } from 'ionflux/plugin'

export const log: Action<JsonObject> = (input, { git }) => git.log(input)
export const tags: Action<JsonObject> = (input, { git }) => git.tags(input)
export const tree: Action<JsonObject> = (input, { git }) => git.tree(input)
export const read: Action<JsonObject> = (input, { git }) => git.read(input)
export const diff: Action<JsonObject> = (input, { git }) => git.diff(input)
export const commit: Action<GitCommit> = (input, { git }) => git.commit(input)
/** The same, allowed to read blobs. */
export const commitFiles = commit
export const tag: Action<Parameters<Git['tag']>[0]> = (input, { git }) => git.tag(input)
