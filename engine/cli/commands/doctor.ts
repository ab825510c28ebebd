/**
 * `doctor`: what this machine and this repository offer, and what stands in the way.
 *
 * It changes nothing: the data directory is only looked at, never made.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { distrust } from '#engine/host/data/directory.ts'
import { hasGit } from '#engine/host/repository/head.ts'
import { installation, version } from '#engine/host/installation.ts'
import {
  dataDirectory,
  findRoot,
  isNamed,
  type DataDirectoryWish,
} from '#engine/host/repository/root.ts'

interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'error'
  readonly text: string
  readonly help?: string
}

export interface DoctorValues {
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Prints one line per finding; ends with 69 when something needed is missing. */
export async function doctor(terminal: Terminal, values: DoctorValues): Promise<number> {
  const root = findRoot(values.repo ?? '.')
  const findings: readonly Finding[] = [
    { name: 'ionflux', status: 'ok', text: `${version()} in ${installation().root}` },
    nodeVersion(),
    await gitProgram(),
    repository(root, values.repo ?? process.cwd()),
    dataFolder({
      flag: values.dataDir,
      environment: process.env,
      root: root ?? process.cwd(),
    }),
  ]
  const isBroken = findings.some(({ status }) => status === 'error')
  if (values.json === true) printJson(terminal, { findings })
  else for (const finding of findings) show(terminal, finding)
  return isBroken ? exits.unavailable : exits.done
}

function show(terminal: Terminal, { name, status, text, help }: Finding): void {
  const { glyphs, paint } = terminal
  const mark = {
    ok: paint('ok', glyphs.ok),
    warning: paint('warn', '!'),
    error: paint('fail', glyphs.fail),
  }
  terminal.data(`${mark[status]} ${name.padEnd(11)} ${printable(text)}\n`)
  if (help !== undefined) terminal.data(`              ${paint('muted', printable(help))}\n`)
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isEnough = major > 24 || (major === 24 && minor >= 12)
  const text = `${process.version} at ${process.execPath}`
  return isEnough
    ? { name: 'node', status: 'ok', text }
    : { name: 'node', status: 'error', text, help: 'ionflux needs Node.js 24.12 or newer.' }
}

async function gitProgram(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 5_000 })
    return { name: 'git', status: 'ok', text: stdout.trim() }
  } catch {
    const help = 'Flows run without it; large repositories are read faster with it.'
    return { name: 'git', status: 'warning', text: 'no git program found', help }
  }
}

function repository(root: string | undefined, from: string): Finding {
  const name = 'repository'
  if (root === undefined) {
    const help = 'ionflux init makes one; a single flow file runs without.'
    return { name, status: 'warning', text: `none around ${from}`, help }
  }
  const parts = [
    existsSync(`${root}/ionflux.yaml`) ? 'ionflux.yaml' : undefined,
    hasGit(root) ? 'Git' : undefined,
  ]
  return { name, status: 'ok', text: `${root} (${parts.filter(Boolean).join(', ')})` }
}

function dataFolder(wish: DataDirectoryWish): Finding {
  const name = 'data'
  const directory = dataDirectory(wish)
  let nearest = directory
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK)
  } catch {
    const help = 'Choose a directory that can be written with --data-dir or IONFLUX_DATA_DIR.'
    return { name, status: 'error', text: `${directory} cannot be written`, help }
  }
  if (nearest !== directory)
    return { name, status: 'ok', text: `${directory} (made by the first run)` }
  const reason = isNamed(wish) ? undefined : distrust(directory)
  if (reason !== undefined) {
    const help = 'Delete it, or name it with --data-dir if it is yours (JOURNAL_UNTRUSTED).'
    return { name, status: 'error', text: `${directory} ${reason}`, help }
  }
  const isOpen = (statSync(directory).mode & 0o077) !== 0
  return isOpen
    ? {
        name,
        status: 'warning',
        text: `${directory} can be read by others`,
        help: `chmod 700 ${directory}`,
      }
    : { name, status: 'ok', text: directory }
}
