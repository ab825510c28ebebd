/**
 * Opens the forge that a repository lives on, for whoever reports back to it.
 */
import { openGitHub, type GitHubOptions } from '#engine/forge/github.ts'
import type { Forge } from '#engine/forge/port.ts'

/** GitHub, or a server that speaks its API. */
export function openForge(options: GitHubOptions): Forge {
  return openGitHub(options)
}

/** The API of the forge at `host`. */
export function apiUrlOf(host: string): string {
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`
}
