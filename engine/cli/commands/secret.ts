/**
 * `secret set|ls|rm`: the sealed secrets of a data directory.
 *
 * A value comes from stdin, or is typed without being shown; never from an argument,
 * because arguments end up in the history of shells and in lists of processes.
 */
import { stdin } from 'node:process'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { environmentNames, openVault, sealSecret } from '#engine/host/secrets.ts'

export interface SecretValues extends PlaceValues {
  readonly json?: boolean
}
export interface NamedValues extends SecretValues {
  readonly name: string
}

/** Seals a value under a name, in place of what was there. */
export async function setSecret(terminal: Terminal, values: NamedValues): Promise<number> {
  const { name } = values
  const directory = dataDirOf(values)
  const value = stdin.isTTY ? await typed(terminal, name) : await piped()
  prepareDataDirectory(directory)
  await sealSecret({ directory, environment: process.env }, { name, value })
  if (values.json === true) printJson(terminal, { secret: name })
  else {
    terminal.note(`${terminal.glyphs.ok} ${name} is sealed in ${directory}`)
    if (environmentNames(process.env).includes(name)) {
      terminal.note(`IONFLUX_SECRET_${name} is set in the environment and goes before it.`)
    }
    terminal.note(
      `${terminal.paint('muted', 'Next:')} permissions: { secrets: [${name}] } in a flow`,
    )
  }
  return exits.done
}

/** Lists names, and where each has its value from. */
export async function listSecrets(terminal: Terminal, values: SecretValues): Promise<number> {
  const sealed = await openVault(dataDirOf(values), process.env).list()
  const inEnvironment = environmentNames(process.env)
  const names = [...new Set([...sealed, ...inEnvironment])].toSorted()
  const rows = names.map((name) => ({
    name,
    from: inEnvironment.includes(name) ? ('environment' as const) : ('sealed' as const),
  }))
  if (values.json === true) printJson(terminal, { secrets: rows })
  else {
    for (const { name, from } of rows) terminal.data(`${name.padEnd(32)} ${from}\n`)
    if (rows.length === 0) {
      terminal.note('There are no secrets here.\nNext: ionflux secret set NAME')
    }
  }
  return exits.done
}

/** Forgets a sealed value. */
export async function removeSecret(terminal: Terminal, values: NamedValues): Promise<number> {
  await openVault(dataDirOf(values), process.env).remove(values.name)
  if (values.json === true) printJson(terminal, { removed: values.name })
  else terminal.note(`${terminal.glyphs.ok} ${values.name} is removed`)
  return exits.done
}

/** All of stdin, without the line end that `echo` adds. */
async function piped(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > limits.secretBytesMax + 2) break
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

const enter = ['\r', '\n']
const interrupt = '\u0003'
const endOfInput = '\u0004'
const erase = ['\u007f', '\b']

/** One line from the keyboard, unseen. */
async function typed(terminal: Terminal, name: string): Promise<string> {
  terminal.raw(`${name}: `)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let value = ''
  try {
    for await (const piece of stdin as unknown as AsyncIterable<string>) {
      for (const key of piece) {
        if (key === interrupt) {
          const message = 'No value was typed, and nothing was changed.'
          throw new IonError('CLI_USAGE', message, { data: { secret: name } })
        }
        if (enter.includes(key) || key === endOfInput) return value
        value = erase.includes(key) ? Array.from(value).slice(0, -1).join('') : value + key
        if (value.length > limits.secretBytesMax) return value
      }
    }
    return value
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    terminal.raw('\n')
  }
}
