/**
 * Writes the files of a plugin that calls the operations of an OpenAPI document.
 *
 * Pure: the same document and wishes give the same bytes. What it writes is checked by the
 * same rules as what a person writes, and has a case per action against a server that
 * answers as the document says.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { compileSchema } from '#engine/core/schema.ts'
import { checkManifest } from '#engine/dsl/check.ts'
import { parseHostPattern } from '#engine/dsl/host-pattern.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { printLines } from '#engine/dsl/patch/print.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { actionTypeNames, printActionTypes } from '#engine/dsl/types/actions.ts'
import { exportOf } from '#engine/sandbox/protocol.ts'

import type { OpenApi, RawOperation } from './document.ts'
import { readOperation, type ActionParts } from './operation.ts'
import { runtimeText } from './runtime.ts'
import { sampleOf } from './sample.ts'
import { oneLine } from './schema.ts'
import type { AuthKind } from './security.ts'

export interface GenerateWish {
  readonly api: OpenApi
  readonly name: string
  /** Ids, action names or `GET /path`; empty means all. */
  readonly operations: readonly string[]
  readonly server?: string
  readonly auth?: AuthKind
}

export interface Generated {
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>
  readonly actions: readonly string[]
  /** Operations that are left out, each with the reason. */
  readonly left: readonly { readonly id: string; readonly reason: string }[]
  /** How deep the types of outputs are told. */
  readonly depth: number
}

/** Outputs are told as deeply as a manifest has room for. */
export const depths = [3, 2, 1, 0] as const

/** Writes the plugin. Throws `CLI_USAGE` when nothing is left, or too much. */
export function generatePlugin(wish: GenerateWish): Generated {
  const chosen = choose(wish)
  for (const depth of depths) {
    const taken = new Set<string>()
    const left: { id: string; reason: string }[] = []
    const all = chosen.flatMap((raw): readonly ActionParts[] => {
      const read = readOperation(raw, { ...wish, depthMax: depth }, taken)
      if (read.ok) return [read.parts]
      left.push({ id: raw.id, reason: read.reason })
      return []
    })
    if (all.length === 0) throw nothingLeft(left)
    const manifest = manifestOf(wish, all)
    const text = yaml(manifest as unknown as Json)
    if (!isTaken(text)) continue
    return {
      files: {
        'plugin.yaml': text,
        'main.ts': mainOf(wish, all),
        'call.ts': runtimeText,
        'types.ts': printActionTypes(manifest),
        'README.md': readmeOf(wish, all, left),
        ...casesOf(all),
      },
      actions: all.map(({ name }) => name),
      left,
      depth,
    }
  }
  const message = `${chosen.length} operations make a manifest that is larger than ${limits.fileBytesMax / 1024} KB. Choose some with --operation.`
  throw new IonError('CLI_USAGE', message)
}

/** Whether what was written is a manifest that ionflux takes: it has bounds of its own. */
function isTaken(text: string): boolean {
  if (Buffer.byteLength(text) > limits.fileBytesMax) return false
  return checkManifest(parseDocument({ file: 'plugin.yaml', text })).manifest !== undefined
}

function choose({ api, operations }: GenerateWish): readonly RawOperation[] {
  if (operations.length === 0) return api.operations
  return operations.flatMap((wanted) => {
    const found = api.operations.filter(
      ({ id, method, path }) => id === wanted || `${method} ${path}` === wanted,
    )
    if (found.length > 0) return found
    const message = `There is no operation "${wanted}": name it by its operationId, or as "GET /path".`
    throw new IonError('CLI_USAGE', message, { data: { operation: wanted } })
  })
}

function nothingLeft(left: Generated['left']): IonError {
  const [first] = left
  const why = first === undefined ? '' : ` "${first.id}" is left out because ${first.reason}.`
  return new IonError('CLI_USAGE', `No operation is left that a plugin could call.${why}`)
}

function yaml(value: Json): string {
  return `${printLines(value, { style: { eol: '\n', step: 2, dash: 2 }, column: 0 })}\n`
}

function manifestOf({ api, name }: GenerateWish, all: readonly ActionParts[]): Manifest {
  const hasSecrets = all.some(({ request }) => request['auth'] !== undefined)
  const title = oneLine(api.title, 100)
  return {
    plugin: name,
    version: '0.1.0',
    description: `Calls ${title}${api.version === '' ? '' : ` (${oneLine(api.version, 40)})`}.`,
    entry: 'main.ts',
    capabilities: {
      net: netOf(all),
      ...(hasSecrets ? { secrets: ['*'] } : {}),
      reasons: {
        net: `The operations of ${title} are there.`,
        ...(hasSecrets ? { secrets: 'What a step hands over says who asks.' } : {}),
      },
    },
    actions: Object.fromEntries(
      all.map(({ name: action, description, effects, input, output }) => [
        action,
        { description, effects, input, output },
      ]),
    ),
  }
}

/** Hosts with the methods that are needed there. */
function netOf(all: readonly ActionParts[]): readonly string[] {
  const methods = new Map<string, Set<string>>()
  for (const { origin, method } of all) {
    methods.set(origin, (methods.get(origin) ?? new Set()).add(method))
  }
  return [...methods].map(([origin, used]) => {
    const pattern = `${[...used].toSorted().join(',')} ${origin.replace(/^https:\/\//, '')}`
    if (parseHostPattern(pattern) !== undefined) return pattern
    throw new IonError(
      'CLI_USAGE',
      `"${origin}" is no host that can be granted. Name one with --server.`,
    )
  })
}

function mainOf({ api }: GenerateWish, all: readonly ActionParts[]): string {
  const types = actionTypeNames(all.map(({ name }) => name))
  const operations = all.map(({ name, request }) => `  ${exportOf(name)}: ${literal(request)},`)
  const lines = all.map(({ name, description }) => {
    const called = exportOf(name)
    return `/** ${description.replaceAll('*/', '* /')} */
export const ${called}: ${types.get(name) ?? ''} = (input, context) => call(operations.${called}, input, context)
`
  })
  return `/** The operations of ${oneLine(api.title, 80).replaceAll('*/', '* /')}. Made by ionflux plugin from-openapi. */
import { call, type Operation } from './call.ts'
import type { ${[...types.values()].join(', ')} } from './types.ts'

const operations = {
${operations.join('\n')}
} as const satisfies Readonly<Record<string, Operation>>

${lines.join('\n')}`
}

/** A value as code: JSON, with line ends of texts that a parser of scripts could take for its own. */
function literal(value: Json): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

const secretName = 'TOKEN'
const secretValue = 'long-secret-value'
const caseCharsMax = 32 * 1024

/** A file per action, where a plain value fits what the document says of it. */
function casesOf(all: readonly ActionParts[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    all.flatMap((parts) => {
      const text = caseOf(parts)
      return text === undefined ? [] : [[`cases/${parts.name}.yaml`, text] as const]
    }),
  )
}

function caseOf({
  name,
  origin,
  path,
  method,
  input: asked,
  output: given,
  request,
}: ActionParts): string | undefined {
  const input = withSecrets(sampleOf(asked))
  const output = sampleOf(given)
  const body = isObject(output) ? (output['body'] ?? null) : null
  if (compileSchema(asked)(input) !== undefined) return undefined
  const [status = body === null ? 204 : 200] = (request['expect'] ?? []) as readonly number[]
  const result: JsonObject = { status, headers: {}, body }
  if (compileSchema(given)(result) !== undefined || /\{/.test(filled(path, input))) return undefined
  const isJson = typeof body !== 'string' && body !== null
  const answer = { status, ...(isJson ? { json: body } : body === null ? {} : { text: body }) }
  const auth = isObject(request['auth']) && JSON.stringify(input).includes('$secret')
  const route = { method, path: filled(path, input), answer }
  const text = yaml({
    ...(auth ? { secrets: { [secretName]: secretValue } } : {}),
    servers: { [origin]: [route] },
    cases: [
      {
        name: 'asks as its description says',
        action: name,
        input,
        part: method === 'HEAD' ? { status } : { status, body: method === 'HEAD' ? null : body },
      },
    ],
  })
  return text.length > caseCharsMax ? undefined : text
}

/** The samples of secrets are texts; a case hands over the one there is. */
function withSecrets(value: Json): Json {
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      isObject(one) && '$secret' in one ? { $secret: secretName } : one,
    ]),
  )
}

function filled(path: string, input: Json): string {
  const values = isObject(input) ? input : {}
  return path.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const value = values[name] ?? values[`path_${name}`]
    return typeof value === 'object' || value === undefined ? whole : encodeURIComponent(value)
  })
}

function readmeOf(
  { api, name }: GenerateWish,
  all: readonly ActionParts[],
  left: Generated['left'],
): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/[<>]/g, '')
  const rows = all.map(
    (one) => `| \`${name}/${one.name}\` | ${one.effects} | ${cell(one.description)} |`,
  )
  const gone = left.map(({ id, reason }) => `- \`${id}\`: ${cell(reason)}`)
  const rest = gone.length === 0 ? '' : `\n## Left out\n\n${gone.join('\n')}\n`
  return `# ${name}

Calls the operations of ${cell(oneLine(api.title, 100))}. Made from its OpenAPI document by \`ionflux plugin from-openapi\`.

An output is \`{ status, headers, body }\`. Any other status than success fails the step, with a word that \`retry.on\` and \`catch.on\` can name: \`rate_limited\`, \`unauthorized\`, \`not_found\`, \`conflict\`, \`unavailable\`, \`unexpected_status\`. A POST and a PATCH carry the step's key as \`Idempotency-Key\`, and are \`unsafe\` all the same, because not every API honours it: change \`effects\` in \`plugin.yaml\` where it does.

| action | effects | what it does |
| --- | --- | --- |
${rows.join('\n')}
${rest}`
}
