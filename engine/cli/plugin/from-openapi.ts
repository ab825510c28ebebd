/** `plugin from-openapi FILE [DIR]`: a plugin that calls the operations of an API. */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { readOpenApi, type OpenApi } from '#engine/host/openapi/document.ts'
import { depths, generatePlugin, type Generated } from '#engine/host/openapi/generate.ts'
import type { AuthKind } from '#engine/host/openapi/security.ts'
import { placePlugin } from '#engine/host/plugin/scaffold.ts'

export interface FromOpenApiValues {
  readonly file: string
  readonly dir?: string | undefined
  readonly name?: string
  readonly operation?: readonly string[]
  readonly server?: string
  readonly auth?: string
  readonly replace?: boolean
  readonly json?: boolean
}

/** Writes the plugin and says what was left out of it. */
export async function fromOpenApi(
  terminal: Terminal,
  { file, dir, operation = [], replace = false, json = false, ...values }: FromOpenApiValues,
): Promise<number> {
  const api = readOpenApi(file, readText(file))
  const name = values.name ?? nameOf(api)
  const { server } = values
  const auth = authOf(values.auth)
  const generated = generatePlugin({
    api,
    name,
    operations: operation,
    ...(server === undefined ? {} : { server }),
    ...(auth === undefined ? {} : { auth }),
  })
  const placed = placePlugin({ name, dir, replace }, () => generated.files)
  const { folder, isFound } = placed
  const next = `ionflux plugin test ${folder}`
  if (json) {
    const { actions, left, depth } = generated
    const written = Object.keys(generated.files)
    printJson(terminal, { plugin: name, folder, actions, left, depth, written, isFound, next })
  } else tell(terminal, generated, folder)
  if (!isFound) {
    terminal.note(
      `Flows do not find it there yet: add "${folder}/plugin.yaml" to "plugins" in ionflux.yaml.`,
    )
  }
  terminal.note(`Next: ${next}`)
  return exits.done
}

function tell(
  terminal: Terminal,
  { actions, left, files, depth }: Generated,
  folder: string,
): void {
  const count = Object.keys(files).length
  terminal.note(
    `  ${terminal.paint('ok', 'written ')} ${folder}: ${actions.length} actions, ${count} files`,
  )
  if (depth < depths[0]) {
    terminal.note(
      `  Outputs are told ${depth} deep, to keep the manifest small; choose with --operation for more.`,
    )
  }
  for (const { id, reason } of left) {
    const warn = terminal.paint('warn', 'left out')
    terminal.note(`  ${warn} ${printableLines(id)}: ${printableLines(reason)}`)
  }
}

/** `my/` and the first words of the title. */
function nameOf({ title }: OpenApi): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .split(' ')
    .filter((word) => /^[a-z]/.test(word) && !/^(?:api|rest|the|v\d+|openapi|spec)$/.test(word))
  return `my/${words.slice(0, 2).join('-') || 'api'}`.slice(0, 60)
}

function authOf(text: string | undefined): AuthKind | undefined {
  if (text === undefined || text === 'none' || text === 'bearer' || text === 'basic') return text
  if (/^header:[A-Za-z0-9-]+$/.test(text)) return text as AuthKind
  throw new IonError(
    'CLI_USAGE',
    `"${text}" is no way to say who asks: none, bearer, basic or header:NAME.`,
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `The file "${file}" cannot be read.`, {
      data: { path: file },
      cause,
    })
  }
}
