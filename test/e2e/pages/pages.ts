/**
 * The flows of a page of the documentation: whole files in `yaml` blocks, with the output
 * that the page says they have.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Json } from '#engine/core/json.ts'

export interface PageFile {
  readonly path: string
  readonly text: string
  /** The flow's id; absent for other files. */
  readonly id?: string
  /** What the page says it gives; absent where it says nothing. */
  readonly gives?: Json
}

/**
 * The files of a page. A block is a file when it starts with `dsl: flux/1`, or when the line
 * above it names one: `` `flows/a.ts`: ``. A `json` block right below says what a flow gives.
 */
export function filesOf(page: string): readonly PageFile[] {
  const text = readFileSync(join(import.meta.dirname, '../../..', page), 'utf8')
  const blocks =
    /(?:^`([\w./-]+)`:\n\n)?^```(?:yaml|ts)\n([^]*?)^```\n(?:\n(?:Gives:\n\n)?```json\n([^]*?)^```\n)?/gm
  return [...text.matchAll(blocks)].flatMap(([, named, body = '', json]): PageFile[] => {
    const id = /^id: (\S+)$/m.exec(body)?.[1]
    const isFlow =
      body.startsWith('dsl: flux/1') && (named === undefined || named.endsWith('.flow.yaml'))
    if (!isFlow) return named === undefined ? [] : [{ path: named, text: body }]
    const gives = json === undefined ? {} : { gives: JSON.parse(json) as Json }
    return [
      {
        path: named ?? `flows/${id}.flow.yaml`,
        text: body,
        ...(id === undefined ? {} : { id }),
        ...gives,
      },
    ]
  })
}
