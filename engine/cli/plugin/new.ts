/** `plugin new NAME [DIR]`: the folder of a plugin that works, and what to do next. */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { openPlugin } from '#engine/host/plugin/folder.ts'
import { makePlugin } from '#engine/host/plugin/scaffold.ts'

import { compileModule } from './ready.ts'

export interface NewValues {
  readonly name: string
  readonly dir?: string | undefined
  readonly kind?: string
  readonly json?: boolean
}

/** Makes the files that are missing; never overwrites one. */
export async function newPlugin(
  terminal: Terminal,
  { name, dir, kind = 'transform', json = false }: NewValues,
): Promise<number> {
  if (kind !== 'transform' && kind !== 'action' && kind !== 'wasm') {
    const message = `There is no kind "${kind}"; a new plugin is a transform, an action or wasm.`
    throw new IonError('CLI_USAGE', message, { data: { kind } })
  }
  const { folder, created, kept, isFound } = makePlugin({ name, dir, kind })
  if (!json) {
    for (const path of created) tell(terminal, 'created', `${folder}/${path}`)
    for (const path of kept) tell(terminal, 'kept', `${folder}/${path}`)
  }
  const isReady = kind !== 'wasm' || (await compile(terminal, folder))
  const next = `ionflux plugin ${isReady ? 'test' : 'build'} ${folder}`
  if (json) printJson(terminal, { plugin: name, kind, folder, created, kept, isFound, next })
  if (isReady && !isFound) {
    terminal.note(
      `Flows do not find it there yet: add "${folder}/plugin.yaml" to "plugins" in ionflux.yaml.`,
    )
  }
  terminal.note(`Next: ${next}`)
  return exits.done
}

/** The module of a new plugin; false where there is no compiler, and the next step is to get one. */
async function compile(terminal: Terminal, folder: string): Promise<boolean> {
  try {
    await compileModule(terminal, openPlugin(folder), { write: true })
    return true
  } catch (thrown) {
    if (!(thrown instanceof IonError)) throw thrown
    terminal.note(thrown.message)
    return false
  }
}

function tell(terminal: Terminal, outcome: 'created' | 'kept', path: string): void {
  const tone = outcome === 'created' ? 'ok' : 'muted'
  terminal.note(`  ${terminal.paint(tone, outcome.padEnd(8))} ${path}`)
}
