/**
 * When two addresses mean one repository.
 */

/** Addresses of one repository are the same whatever they end with. */
export function plainAddress(url: string): string {
  return url
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
}
