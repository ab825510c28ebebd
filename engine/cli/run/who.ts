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
