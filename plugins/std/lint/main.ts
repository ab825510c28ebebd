/** Checks files of the repository: syntax, size, secrets, links. Findings come with file and line. */
import type { Action, Context } from 'ionflux/plugin'

import { jsonMistake } from './json.ts'
import { anchorsOf, findLinks, type Link } from './links.ts'
import { findSecrets } from './secrets.ts'
import { yamlMistakes } from './yaml.ts'

interface Input {
  readonly paths: readonly string[]
  readonly at?: string | null
  readonly bytes_max?: number
}

interface Finding {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
}

interface Output {
  readonly checked: number
  readonly findings: readonly Finding[]
}

interface FileRead {
  readonly path: string
  readonly size?: number
  readonly is_binary?: boolean
  readonly is_truncated?: boolean
  readonly text?: string | null
  readonly error?: { readonly code: string; readonly message: string }
}

interface Read {
  readonly files: readonly FileRead[]
}

const bytesMaxDefault = 1024 * 1024
const findingsPerFileMax = 100

/** Checks the files at `paths`. */
export const files: Action<Input, Output> = async (
  { paths, at = null, bytes_max = bytesMaxDefault },
  context,
) => {
  const read = await context.git.read<Read>({ at, paths, bytes_max })
  const findings: Finding[] = []
  const links: { readonly file: FileRead; readonly link: Link }[] = []
  for (const file of read.files) {
    findings.push(...checkFile(file, bytes_max).slice(0, findingsPerFileMax))
    if (isMarkdown(file.path) && typeof file.text === 'string') {
      for (const link of findLinks(file.path, file.text)) links.push({ file, link })
    }
  }
  if (links.length > 0) findings.push(...(await checkLinks(links, at, context)))
  const order = new Map(paths.map((path, i) => [path, i]))
  findings.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line)
  return { checked: read.files.length, findings }
}

function checkFile(file: FileRead, bytesMax: number): readonly Finding[] {
  const { path, size = 0, text, error } = file
  if (error !== undefined) return [at(file, 0, 'read', 'error', error.message)]
  const findings: Finding[] = []
  if (size > bytesMax) {
    const message = `The file has ${inUnits(size)}, more than ${inUnits(bytesMax)}; only its beginning was looked at, for secrets.`
    findings.push(at(file, 0, 'size', 'warning', message))
  }
  if (typeof text !== 'string') return findings
  for (const secret of findSecrets(text))
    findings.push(at(file, secret.at, 'secret', secret.severity, secret.message))
  if (file.is_truncated !== true) findings.push(...checkSyntax(file, path, text))
  return findings
}

function checkSyntax(file: FileRead, path: string, text: string): readonly Finding[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (/\.ya?ml$/i.test(name)) {
    // A template of Helm or Jinja becomes YAML only later.
    if (/^\s*\{[{%]/m.test(text)) return []
    return yamlMistakes(text).map((mistake) =>
      at(file, mistake.at, 'yaml', mistake.isFatal ? 'error' : 'warning', mistake.message),
    )
  }
  if (/\.(?:jsonl|ndjson)$/i.test(name)) return checkLines(file, text)
  if (!/\.(?:json|jsonc|geojson|webmanifest|ipynb|map)$/i.test(name)) return []
  const mistake = jsonMistake(text, mayHaveComments(path, name))
  return mistake === undefined ? [] : [at(file, mistake.at, 'json', 'error', mistake.message)]
}

function checkLines(file: FileRead, text: string): readonly Finding[] {
  let start = 0
  for (const line of text.split('\n')) {
    const mistake = line.trim() === '' ? undefined : jsonMistake(line, false)
    if (mistake !== undefined)
      return [at(file, start + mistake.at, 'json', 'error', mistake.message)]
    start += line.length + 1
  }
  return []
}

/** Files whose readers are known to allow comments and trailing commas. */
function mayHaveComments(path: string, name: string): boolean {
  return (
    name.endsWith('.jsonc') ||
    /^(?:[tj]sconfig(?:\..+)?|\..+rc|devcontainer|deno|turbo|wrangler|api-extractor|language-configuration)\.json$/i.test(
      name,
    ) ||
    /(?:^|\/)(?:\.vscode|\.devcontainer|\.zed)\//.test(path)
  )
}

function isMarkdown(path: string): boolean {
  return /\.(?:md|markdown)$/i.test(path)
}

/** Asks once for everything that is linked to; a heading needs the text, the rest only to be there. */
async function checkLinks(
  links: readonly { readonly file: FileRead; readonly link: Link }[],
  ref: string | null,
  { git }: Context,
): Promise<readonly Finding[]> {
  const targets = [...new Set(links.map(({ link }) => link.path))]
  const withAnchor = new Set(
    links
      .filter(({ link }) => link.anchor !== '' && isMarkdown(link.path))
      .map(({ link }) => link.path),
  )
  const found = new Map<string, FileRead>()
  for (const [paths, bytes] of [
    [targets.filter((path) => withAnchor.has(path)), bytesMaxDefault],
    [targets.filter((path) => !withAnchor.has(path)), 1],
  ] as const) {
    if (paths.length === 0) continue
    const read = await git.read<Read>({ at: ref, paths, bytes_max: bytes })
    for (const file of read.files) found.set(file.path, file)
  }
  const missing = targets.filter((path) => found.get(path)?.error?.code === 'MIRROR_PATH_UNKNOWN')
  const isFolder = new Map<string, boolean>()
  for (const path of missing) {
    isFolder.set(
      path,
      await git.tree({ at: ref, path }).then(
        () => true,
        () => false,
      ),
    )
  }
  const anchors = new Map(
    [...withAnchor].map((path) => [path, anchorsOf(found.get(path)?.text ?? '')]),
  )
  return links.flatMap(({ file, link }) => {
    if (isFolder.get(link.path) === false) {
      const message = `"${link.target}" leads to "${link.path}", which does not exist.`
      return [at(file, link.at, 'link', 'error', message)]
    }
    const known = anchors.get(link.path)
    if (known === undefined || link.anchor === '' || typeof found.get(link.path)?.text !== 'string')
      return []
    if (known.has(link.anchor.toLowerCase()) || link.anchor === 'top') return []
    const message = `"${link.target}" leads to a heading that "${link.path}" does not have.`
    return [at(file, link.at, 'link', 'warning', message)]
  })
}

function at(
  { path, text }: FileRead,
  offset: number,
  rule: string,
  severity: Finding['severity'],
  message: string,
): Finding {
  const before = typeof text === 'string' ? text.slice(0, offset) : ''
  const line = before.split('\n').length
  return { file: path, line, column: offset - before.lastIndexOf('\n'), rule, severity, message }
}

function inUnits(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes < 1024 * 1024
    ? `${Math.round(bytes / 1024)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
