/** The history and the files of the run's repository, as actions. The host answers; nothing is added. */
import type { Action, JsonObject } from 'ionflux/plugin'

export const log: Action<JsonObject> = (input, { git }) => git.log(input)
export const tags: Action<JsonObject> = (input, { git }) => git.tags(input)
export const tree: Action<JsonObject> = (input, { git }) => git.tree(input)
export const read: Action<JsonObject> = (input, { git }) => git.read(input)
export const diff: Action<JsonObject> = (input, { git }) => git.diff(input)
