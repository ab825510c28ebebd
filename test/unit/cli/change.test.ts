/** Goal: what is said after a change is true of the run as it is then. */
import { expect, test } from 'vitest'

import { tell } from '#engine/cli/commands/change.ts'
import { openTerminal } from '#engine/cli/terminal.ts'
import type { RunStatus, RunView } from '#engine/host/views.ts'

function told(status: RunStatus): string {
  const lines: string[] = []
  const terminal = { ...openTerminal('never'), note: (line: string) => void lines.push(line) }
  tell(terminal, { id: 'RUN', status } as unknown as RunView)
  return lines.join('\n')
}

test('a run that was cancelled can be tried again', () => {
  expect(told('cancelled')).toMatch(/RUN is cancelled\nNext: ionflux runs retry RUN$/)
})

test('a run that was done before it could be cancelled is shown, not tried again', () => {
  expect(told('done')).toMatch(/RUN is done\nNext: ionflux runs show RUN$/)
})
