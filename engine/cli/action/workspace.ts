/**
 * Paths as a runner of GitHub Actions means them: from the folder that was checked out, where
 * the repository of the flows may be a folder of.
 */
import { realpathSync } from 'node:fs'
import { relative, sep } from 'node:path'

import type { Problem } from '#engine/core/problem.ts'
import type { Source } from '#engine/cli/source.ts'

export interface Shown {
  readonly problems: readonly Problem[]
  readonly sources: (file: string) => Source | undefined
}

/** The same with the files named from the workspace; as it is where there is none around `root`. */
export function inWorkspace(shown: Shown, root: string): Shown {
  const folder = folderIn(process.env['GITHUB_WORKSPACE'], root)
  if (folder === '') return shown
  return {
    problems: shown.problems.map((problem) => ({
      ...problem,
      ...(problem.file === undefined ? {} : { file: folder + problem.file }),
      ...(problem.related === undefined
        ? {}
        : {
            related: problem.related.map((one) =>
              one.file === undefined ? one : { ...one, file: folder + one.file },
            ),
          }),
    })),
    sources: (file) => shown.sources(file.startsWith(folder) ? file.slice(folder.length) : file),
  }
}

/** `automation/` for a repository in that folder of the workspace; empty for the workspace itself. */
export function folderIn(workspace: string | undefined, root: string): string {
  if (workspace === undefined || workspace === '') return ''
  try {
    const path = relative(realpathSync(workspace), realpathSync(root))
    const isInside = path !== '' && path !== '..' && !path.startsWith(`..${sep}`)
    return isInside ? `${path.split(sep).join('/')}/` : ''
  } catch {
    return '' // one of the two is not there
  }
}
