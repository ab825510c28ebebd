/** Which files of a repository are tests. */

/** Globs from the root. */
export const testGlobs: readonly string[] = ['**/*.test.yaml']

export function isTestFile(path: string): boolean {
  return /\.test\.ya?ml$/.test(path)
}
