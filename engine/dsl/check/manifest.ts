/**
 * What the schema of `plugin.json` cannot say: versions, schemas of actions, reasons.
 */
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { isVersion } from '#engine/dsl/reference.ts'

import { cut } from './node.ts'
import { checkSchema } from './schemas.ts'

export function checkActions(manifest: Json): readonly Problem[] {
  if (!isObject(manifest)) return []
  const { version, actions } = manifest
  const problems: Problem[] = []
  if (typeof version === 'string' && !isVersion(version)) {
    const message = `"${cut(version)}" is not a semantic version such as 1.4.0.`
    problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: '/version' })
  }
  for (const [name, action] of isObject(actions) ? Object.entries(actions) : []) {
    if (!isObject(action)) continue
    const at = pointer('actions', name)
    problems.push(...checkSchema(action['input'], `${at}/input`))
    problems.push(...checkSchema(action['output'], `${at}/output`))
  }
  return problems
}
