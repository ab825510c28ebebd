/**
 * The plan as one comment of a pull request, edited in place each time.
 */
import { IonError } from '#engine/core/error.ts'
import { planMarker } from '#engine/cli/plan/plan-markdown.ts'
import { openForge } from '#engine/host/repository/forge.ts'

import type { ActionSettings } from './settings.ts'

export interface PlanComment {
  readonly settings: ActionSettings
  /** Of the pull request. */
  readonly number: number
  readonly markdown: string
}

/** Writes it. Throws `CLI_USAGE` without a token. */
export async function comment({ settings, number, markdown }: PlanComment): Promise<void> {
  const { token, apiUrl, repository } = settings
  if (token === '') {
    throw new IonError('CLI_USAGE', 'A comment needs `token: ${{ github.token }}`.')
  }
  const forge = openForge({ apiUrl, token })
  await forge.comment({ repository, number, marker: planMarker, body: markdown })
}
