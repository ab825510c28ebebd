/** `plugin inspect`: what a plugin offers, asks for and is made of. */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { inspectPlugin, type Inspected } from '#engine/host/plugin/inspect.ts'

import { tellProblems, tellTypes } from './ready.ts'

export interface InspectValues {
  readonly plugin: string
  readonly json?: boolean
}

/** Prints what there is to know; ends with 3 when the plugin has mistakes. */
export async function inspect(
  terminal: Terminal,
  { plugin, json = false }: InspectValues,
): Promise<number> {
  const folder = openPlugin(plugin)
  const { manifest } = folder
  const { built, problems, types } = await buildFolder(folder)
  if (built === undefined || manifest === undefined) {
    return tellProblems(terminal, problems, { json })
  }
  const inspected = inspectPlugin(folder, { manifest, built })
  if (json) printJson(terminal, inspected)
  else terminal.data(textOf(terminal, inspected))
  tellTypes(terminal, folder, types)
  return exits.done
}

function textOf({ paint }: Terminal, one: Inspected): string {
  const { digests } = one
  const about = [one.description, one.license].filter((text) => text !== undefined)
  const lines = [
    `${paint('bold', one.plugin)} ${one.version}`,
    ...about.map((text) => `  ${printable(text)}`),
    '',
    'actions',
    ...one.actions.flatMap((action) => [
      `  ${paint('bold', action.address)} (${action.effects})`,
      ...(action.description === undefined ? [] : [`    ${printable(action.description)}`]),
      `    takes ${printable(action.takes)}`,
      `    gives ${printable(action.gives)}`,
    ]),
    '',
    'capabilities',
    ...capabilityLines(one),
    '',
    `files (${one.codeBytes} bytes ${one.format === 'wasm' ? 'of WebAssembly' : 'bundled'})`,
    ...one.files.map(
      ({ path, bytes, isBundled }) =>
        `  ${printable(path)} ${bytes}${isBundled || one.format === 'wasm' ? '' : paint('muted', ' not in the bundle')}`,
    ),
    '',
    'digests',
    `  unit  ${digests.unit}`,
    `  code  ${digests.code}`,
    `  cid   ${digests.alias}`,
  ]
  return lines.join('\n') + '\n'
}

function capabilityLines({ capabilities, reasons, limits }: Inspected): readonly string[] {
  const powers = Object.entries(capabilities).map(([name, values]) => {
    const reason = reasons[name as keyof typeof reasons]
    const why = reason === undefined ? 'no reason given' : printable(reason)
    return `  ${name}: ${values.map(printable).join(', ')} — ${why}`
  })
  const bounds = Object.entries(limits).map(([name, value]) => `  at most ${value} of ${name}`)
  return [...(powers.length === 0 ? ['  none'] : powers), ...bounds]
}
