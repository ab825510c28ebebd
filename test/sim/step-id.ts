/**
 * Which step of a case a path names.
 */

/** The id of the step at `path`; of what undoes one, its id and `!`. */
export function stepIdOf(path: string): string {
  const id = path.slice(path.lastIndexOf('/') + 1)
  return id === 'compensate' ? `${stepIdOf(path.slice(0, -'/compensate'.length))}!` : id
}
