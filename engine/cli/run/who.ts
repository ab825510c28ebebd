/**
 * Who calls: what a record says of the person at this terminal.
 */
import { userInfo } from 'node:os'

/** `user:ann` as given with `--as`, else the user of the operating system. */
export function whoAmI(given: string | undefined): string {
  return given ?? `user:${systemUser()}`
}

function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? 'unknown')
  }
}

/** Who answers, and the teams that they say they are of: `--as user:ann --as team:ops`. */
export function whoActs(given: readonly string[]): {
  readonly by: string
  readonly of: readonly string[]
} {
  const isTeam = (one: string): boolean => one.startsWith('team:')
  return { by: whoAmI(given.find((one) => !isTeam(one))), of: given.filter(isTeam) }
}
