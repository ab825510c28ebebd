/** What a flow does on GitHub. Nothing here sees the token, and nothing is made twice. */
export { createCheck, setStatus, updateCheck } from './checks.ts'
export { readPath } from './contents.ts'
export {
  addLabels,
  comment,
  createIssue,
  listComments,
  listIssues,
  removeLabel,
  updateIssue,
} from './issues.ts'
export { createPull, listPulls, mergePull } from './pulls.ts'
export { createRelease, listReleases, releaseNotes } from './releases.ts'
