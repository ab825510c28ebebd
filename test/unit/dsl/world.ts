/**
 * A small world for checks: two plugins, one flow, one schema.
 */
import type { ActionSpec, World } from '#engine/dsl/world.ts'

const actions: readonly ActionSpec[] = [
  {
    name: 'std/git/log',
    version: '1.2.0',
    effects: 'read',
    capabilities: { git: ['read'] },
    input: { type: 'object' },
    output: {
      type: 'array',
      items: { type: 'object', required: ['sha'], properties: { sha: { type: 'string' } } },
    },
  },
  {
    name: 'acme/pay',
    version: '2.0.0',
    effects: 'unsafe',
    capabilities: { net: ['api.example.com'] },
  },
  {
    name: 'acme/call',
    version: '1.0.0',
    effects: 'idempotent',
    capabilities: { net: ['*'], secrets: ['*'] },
    input: {
      type: 'object',
      properties: {
        url: { type: 'string' },
        text: { type: 'string' },
        token: { 'x-secret': true },
        auth: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/auth' }] },
        more: { type: 'array', items: { $ref: '#/$defs/handle' } },
        rest: { type: 'object', additionalProperties: { $ref: '#/$defs/handle' } },
      },
      $defs: {
        auth: { type: 'object', properties: { bearer: { $ref: '#/$defs/handle' } } },
        handle: { type: 'object', properties: { $secret: { type: 'string' } } },
      },
    },
  },
]

const files: Readonly<Record<string, string>> = {
  'flows/code/tidy.ts': 'export default (input) => input',
  'schemas/invoice.json': JSON.stringify({
    type: 'object',
    properties: { total: { $ref: '#/$defs/money' }, lines: { $ref: 'line.json' } },
    $defs: { money: { type: 'integer' } },
  }),
  'schemas/line.json': JSON.stringify({
    $id: 'https://example.com/line.json',
    type: 'array',
    items: { $ref: 'invoice.json#/$defs/money' },
  }),
}

export const world: World = {
  findAction: (name) => actions.find((action) => action.name === name),
  findFlow: (id) => (id === 'child' ? { id, file: 'flows/child.flow.yaml' } : undefined),
  actionNames: () => actions.map(({ name }) => name),
  flowIds: () => ['child'],
  readText: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
}
