/**
 * A file of `cases/`: what an action must do, as data. A mistake in it is a problem with
 * its place, like in every other file of a plugin.
 */
import type { Code } from '#engine/core/codes.ts'
import type { Failure } from '#engine/core/error.ts'
import { pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { powerKinds } from '#engine/dsl/power/kinds.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import type { Permissions } from '#engine/dsl/world.ts'

import type { PluginFolder } from './folder.ts'
import type { HistoryCommit } from './history.ts'
import { serversSchema, type ServerSpecs } from './servers.ts'

export interface Case {
  readonly name: string
  readonly action: string
  readonly input?: Json
  /** What the call is granted; absent means all that the manifest asks for. */
  readonly grants?: Permissions
  /** What the host answers, in this order, in place of the world. */
  readonly replies?: readonly Reply[]
  /** What must have been asked of the servers, in this order. */
  readonly requests?: readonly string[]
  /** The whole output. */
  readonly output?: Json
  /** Part of the output, where the whole says too much: objects may have more keys. */
  readonly part?: Json
  /** The code of the failure that must come. */
  readonly error?: string
}

/** One recorded answer of the host. */
export interface Reply {
  /** `git.log`. */
  readonly op: string
  /** Compared with what the action asks for, where it is given. */
  readonly args?: Json
  readonly output?: Json
  readonly error?: Failure
}

export interface CaseFile {
  /** Path in the plugin's folder: `cases/words.yaml`. */
  readonly path: string
  readonly document: Document
  /** The repository that its cases read. */
  readonly commits?: readonly HistoryCommit[]
  /** The hosts that its cases reach. */
  readonly servers?: ServerSpecs
  /** Values by the names of the secrets that its steps hand over. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly cases: readonly Case[]
}

export interface ReadCases {
  readonly files: readonly CaseFile[]
  readonly problems: readonly Problem[]
}

/** Every readable file of cases of a plugin, in the order of their paths. */
export async function readCases(folder: PluginFolder): Promise<ReadCases> {
  const { compileSchema } = await import('#engine/core/schema.ts')
  const validate = compileSchema(schema)
  const files: CaseFile[] = []
  const problems: Problem[] = []
  for (const path of folder.files.find(['cases/*.yaml', 'cases/*.yml'])) {
    const text = folder.files.readText(path) ?? ''
    const document = parseDocument({ file: folder.shown(path), text })
    const { value } = document
    problems.push(...document.problems)
    if (value === undefined) continue
    const wrong = validate(value)
    if (wrong !== undefined) {
      const what = wrong.at === '' ? 'A file of cases' : `"${wrong.at.slice(1)}"`
      problems.push(problem(document, 'DSL_VALUE_FORMAT', wrong.at, `${what} ${wrong.message}`))
      continue
    }
    const file = { ...(value as unknown as Omit<CaseFile, 'path' | 'document'>), path, document }
    const unknown = file.cases.flatMap((one, index) => unknownAction(folder, file, one, index))
    problems.push(...unknown)
    files.push(file)
  }
  return { files, problems }
}

function unknownAction(
  { manifest }: PluginFolder,
  { document }: CaseFile,
  { action }: Case,
  index: number,
): readonly Problem[] {
  if (manifest === undefined || Object.hasOwn(manifest.actions, action)) return []
  const near = suggest(action, Object.keys(manifest.actions))
  const message = `"${manifest.plugin}" has no action "${action}".`
  const at = pointer('cases', index, 'action')
  const found = problem(document, 'DSL_REFERENCE_UNKNOWN', at, message)
  return [near === undefined ? found : { ...found, help: `Did you mean "${near}"?` }]
}

function problem(document: Document, code: Code, at: string, message: string): Problem {
  return { code, severity: 'error', message, at, file: document.file, span: document.span(at) }
}

const texts: JsonObject = { type: 'array', maxItems: 1000, items: { type: 'string' } }

const schema: JsonObject = {
  type: 'object',
  required: ['cases'],
  additionalProperties: false,
  properties: {
    requires: { const: 'git' },
    commits: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['message'],
        additionalProperties: false,
        properties: {
          message: { type: 'string' },
          author: { type: 'string' },
          email: { type: 'string' },
          tags: texts,
          files: {
            type: 'array',
            maxItems: 1000,
            items: {
              type: 'object',
              required: ['path'],
              additionalProperties: false,
              properties: { path: { type: 'string', minLength: 1 }, content: { type: 'string' } },
            },
          },
        },
      },
    },
    servers: serversSchema,
    secrets: {
      type: 'object',
      maxProperties: 100,
      propertyNames: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,62}$' },
      additionalProperties: { type: 'string', minLength: limits.secretCharsMin },
    },
    cases: { type: 'array', maxItems: 10_000, items: { $ref: '#/$defs/case' } },
  },
  $defs: {
    case: {
      type: 'object',
      required: ['name', 'action'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1 },
        action: { type: 'string' },
        input: {},
        grants: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(powerKinds.map((kind) => [kind, texts])),
        },
        replies: { type: 'array', maxItems: 1000, items: { $ref: '#/$defs/reply' } },
        requests: texts,
        output: {},
        part: {},
        error: { type: 'string', minLength: 1 },
      },
    },
    reply: {
      type: 'object',
      required: ['op'],
      additionalProperties: false,
      properties: {
        op: { type: 'string' },
        args: {},
        output: {},
        error: {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  },
}
