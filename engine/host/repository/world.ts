/**
 * What the checker may look up, answered from a catalog.
 */
import { posix } from 'node:path'

import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { permissionsIn, powerKinds } from '#engine/dsl/power/kinds.ts'
import type { ActionSpec, FlowSpec, Permissions, World } from '#engine/dsl/world.ts'

import type { Catalog, FoundFlow } from './catalog.ts'
import type { Files } from './files.ts'

/** The world around the flows of `files`. */
export function worldOf(catalog: Catalog, files: Files): World {
  const flows = new Map<string, FlowSpec | undefined>()
  return {
    findAction: (name) => actionOf(catalog, name),
    findFlow: (id) => {
      if (!flows.has(id)) flows.set(id, flowOf(catalog.findFlow(id)))
      return flows.get(id)
    },
    actionNames: () => catalog.pluginNames().flatMap((name) => actionNamesOf(catalog, name)),
    flowIds: () => catalog.flowIds(),
    readText: (path) => files.readText(path),
    linkOn: (path) => files.linkOn(path),
  }
}

/** `std/git/log` as its plugin and the action in it. */
export function splitAction(name: string): { readonly plugin: string; readonly action: string } {
  const [namespace = '', plugin = '', action = 'default'] = name.split('/')
  return { plugin: `${namespace}/${plugin}`, action }
}

function actionOf(catalog: Catalog, name: string): ActionSpec | undefined {
  const { plugin, action } = splitAction(name)
  const manifest = catalog.findPlugin(plugin)?.manifest
  if (manifest === undefined || !Object.hasOwn(manifest.actions, action)) return undefined
  const spec = manifest.actions[action]
  if (spec === undefined) return undefined
  return {
    name,
    version: manifest.version,
    ...spec,
    capabilities: permissionsIn(manifest.capabilities, spec.needs),
  }
}

function actionNamesOf(catalog: Catalog, plugin: string): readonly string[] {
  const actions = Object.keys(catalog.findPlugin(plugin)?.manifest.actions ?? {})
  return actions.map((action) => (action === 'default' ? plugin : posix.join(plugin, action)))
}

function flowOf(found: FoundFlow | undefined): FlowSpec | undefined {
  if (found === undefined) return undefined
  const { value } = parseDocument({
    file: found.file,
    text: found.files.readText(found.file) ?? '',
  })
  const { inputs, returns, permissions } = isObject(value) ? value : {}
  return {
    id: found.id,
    file: found.file,
    ...(isObject(inputs) ? { inputs } : {}),
    ...(isObject(returns) ? { returns } : {}),
    ...(isObject(permissions) ? { permissions: listsIn(permissions) } : {}),
  }
}

/** The powers of a flow that may be half typed: what is no list of texts is left out. */
function listsIn(permissions: JsonObject): Permissions {
  const isText = (one: Json): one is string => typeof one === 'string'
  return Object.fromEntries(
    powerKinds.flatMap((kind) => {
      const list = permissions[kind]
      return Array.isArray(list) ? [[kind, (list as readonly Json[]).filter(isText)]] : []
    }),
  )
}
