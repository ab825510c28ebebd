/**
 * Puts other expressions in the place of names in a template, by its syntax tree.
 */
import { parseExpression } from '#engine/dsl/expression.ts'
import { childrenOf, macroOf, type Node } from '#engine/dsl/expression/ast.ts'
import type { TextEdit } from '#engine/core/problem.ts'
import { applyEdits } from '#engine/dsl/patch/edits.ts'
import type { Template } from '#engine/dsl/template.ts'

/** What stands for a name; each is one that fields can follow. */
export type Names = Readonly<Record<string, string>>

/** `template` with every free name of `names` replaced. */
export function withNames(template: Template, names: Names): Template {
  switch (template.kind) {
    case 'expression':
      return { kind: 'expression', source: renamed(template.source, names) }
    case 'text':
      return {
        kind: 'text',
        parts: template.parts.map((part) =>
          typeof part === 'string' ? part : { source: renamed(part.source, names) },
        ),
      }
    case 'list':
      return { kind: 'list', items: template.items.map((item) => withNames(item, names)) }
    case 'map':
      return {
        kind: 'map',
        entries: template.entries.map(([key, entry]) => [key, withNames(entry, names)] as const),
      }
    default:
      return template
  }
}

function renamed(source: string, names: Names): string {
  const { node } = parseExpression(source)
  const edits: TextEdit[] = []
  if (node !== undefined) collect(node, names, edits)
  return applyEdits(source, edits)
}

function collect(node: Node, names: Names, edits: TextEdit[]): void {
  if (node.op === 'name' && Object.hasOwn(names, node.name)) {
    edits.push({ span: { start: node.start, end: node.end }, text: names[node.name] ?? node.name })
  }
  const macro = node.op === 'call' ? macroOf(node) : undefined
  if (macro === undefined || !('variable' in macro) || !Object.hasOwn(names, macro.variable)) {
    for (const child of childrenOf(node)) collect(child, names, edits)
    return
  }
  // The macro's own name hides the other in its body, not in what it goes over.
  const outer = macro.kind === 'bind' ? macro.value : macro.list
  const { [macro.variable]: _, ...rest } = names
  for (const child of childrenOf(node)) collect(child, child === outer ? names : rest, edits)
}
