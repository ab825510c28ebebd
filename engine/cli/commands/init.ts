/**
 * `init [DIR]`: what a repository needs to hold flows, and a first flow that works.
 *
 * It never overwrites: what is there stays as it is, and the output says so. The schema
 * that editors complete with is copied beside the flows, so it works without a network.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { selfCommand } from '#engine/cli/merge/driver.ts'
import { installMergeDriver } from '#engine/host/merge/driver.ts'
import { hasGit } from '#engine/host/repository/head.ts'
import { installation } from '#engine/host/installation.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { findRoot } from '#engine/host/repository/root.ts'

export interface InitValues {
  readonly dir?: string | undefined
  readonly json?: boolean
}

type Outcome = 'created' | 'kept' | 'extended'

/** Makes the files that are missing in `dir` (or here) and says what to do next. */
export async function init(terminal: Terminal, { dir, json = false }: InitValues): Promise<number> {
  const root = resolve(dir ?? '.')
  const done: { readonly outcome: Outcome; readonly name: string; readonly about: string }[] = []
  const tell = (outcome: Outcome, name: string, about: string): void => {
    done.push({ outcome, name, about })
  }
  try {
    makeFolder(root)
    const namespace = namespaceOf(root)
    tell(
      create(root, 'ionflux.yaml', marker(namespace)),
      'ionflux.yaml',
      'marks the repository, says where flows are',
    )
    const hasSchemas = existsSync(join(root, '.ionflux-schemas'))
    for (const name of ['flow.json', 'test.json', 'plugin.json', 'blueprint.json', 'ionflux.json'])
      copySchema(root, name)
    tell(
      hasSchemas ? 'kept' : 'created',
      '.ionflux-schemas/',
      'what editors complete with, without a network',
    )
    tell(
      create(root, 'flows/hello.flow.yaml', hello),
      'flows/hello.flow.yaml',
      'a first flow: transform, each, outputs',
    )
    tell(ignore(root), '.gitignore', 'keeps runs (.ionflux/) out of Git')
    const git = await initGit(root)
    if (git !== undefined) tell(git.outcome, 'git', git.about)
    const { isAttributesWritten } = installMergeDriver(root, selfCommand())
    tell(
      isAttributesWritten ? 'created' : 'kept',
      '.gitattributes',
      'merges flows and locks by what they mean',
    )
  } catch (cause) {
    if (cause instanceof IonError) throw cause
    throw new IonError(
      'CLI_FILE_UNREADABLE',
      `"${root}" cannot be written: ${(cause as Error).message}.`,
      {
        data: { path: root },
        cause,
      },
    )
  }
  const place = relative(process.cwd(), root)
  const next = `${place === '' ? '' : `cd ${place} && `}ionflux run hello -i name=Ada`
  if (json) printJson(terminal, { root, files: done, next })
  else for (const one of done) terminal.note(lineOf(terminal, one))
  terminal.note(`Next: ${next}`)
  return exits.done
}

function lineOf(
  terminal: Terminal,
  { outcome, name, about }: { outcome: Outcome; name: string; about: string },
): string {
  const tone = outcome === 'kept' ? 'muted' : 'ok'
  return `  ${terminal.paint(tone, outcome.padEnd(8))} ${name.padEnd(26)} ${about}`
}

function create(root: string, name: string, text: string): Outcome {
  const path = join(root, name)
  if (existsSync(path)) return 'kept'
  makeFolder(dirname(path))
  writeFileSync(path, text, { flag: 'wx' })
  return 'created'
}

/** Schemas belong to this version of ionflux, not to the user: they are brought up to date. */
function copySchema(root: string, name: string): void {
  const folder = join(root, '.ionflux-schemas')
  makeFolder(folder)
  copyFileSync(join(installation().schemas, name), join(folder, name))
}

function ignore(root: string): Outcome {
  const path = join(root, '.gitignore')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (text.split(/\r?\n/).some((line) => /^\/?\.ionflux\/?$/.test(line.trim()))) return 'kept'
  const glue = text === '' || text.endsWith('\n') ? '' : '\n'
  writeFileSync(path, `${text}${glue}.ionflux/\n`)
  return text === '' ? 'created' : 'extended'
}

async function initGit(root: string): Promise<{ outcome: Outcome; about: string } | undefined> {
  const around = findRoot(dirname(root))
  if (hasGit(root) || (around !== undefined && hasGit(around))) return undefined
  try {
    await promisify(execFile)('git', ['init', '--quiet', '--initial-branch=main'], {
      cwd: root,
      timeout: 30_000,
    })
    return { outcome: 'created', about: 'an empty history; commit when you like what you see' }
  } catch {
    return { outcome: 'kept', about: 'no git program here: make the repository yourself' }
  }
}

function namespaceOf(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
  return name === '' ? 'my' : name.slice(0, 40)
}

function marker(namespace: string): string {
  return `# yaml-language-server: $schema=./.ionflux-schemas/ionflux.json
namespace: ${namespace}
flows: [flows/**/*.flow.yaml]
plugins: [plugins/**/plugin.yaml]
`
}

const hello = `# yaml-language-server: $schema=../.ionflux-schemas/flow.json
dsl: flux/1
id: hello
description: Greets everybody in a list, each in a step of its own.
inputs:
  type: object
  properties:
    name: { type: string, default: world, description: Who is greeted first. }
    others: { type: array, items: { type: string }, default: [Grace, Linus] }
steps:
  - id: people
    let: \${{ [inputs.name] + inputs.others }}
  - id: greetings
    each: { in: '\${{ steps.people.output }}', as: person, concurrency: 4 }
    steps:
      - id: greet
        transform: |
          export default ({ person }) => \\\`Hello, \\\${person}! Your name has \\\${person.length} letters.\\\`
        with: { person: '\${{ person }}' }
outputs:
  markdown: \${{ steps.greetings.output.join('\\n') }}
  greeted: \${{ size(steps.people.output) }}
`
  .replaceAll('\\`', '`')
  .replaceAll('\\$', '$')
