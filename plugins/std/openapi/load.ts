/** A document out of the repository of the run. */
import type { Context, JsonObject } from 'ionflux/plugin'

import { ApiDocument } from './document.ts'

export interface Load {
  readonly path: string
  readonly at?: string
}

const bytesMax = 16 * 1024 * 1024

/** Reads and parses the file, and looks whether it is what it should be. */
export async function loadDocument({ path, at }: Load, context: Context): Promise<JsonObject> {
  const asked = { paths: [path], bytes_max: bytesMax, ...(at === undefined ? {} : { at }) }
  const { files } = await context.git.read<{
    files: readonly { text?: string | null; error?: { message: string } }[]
  }>(asked)
  const { text, error } = files[0] ?? {}
  if (error !== undefined) return context.fail('document_missing', error.message)
  try {
    return new ApiDocument(JSON.parse(text ?? '') as JsonObject, context).root
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    const way = 'Read it with std/git/read and parse it with std/yaml/parse instead.'
    const message = /\.ya?ml$/i.test(path) ? `"${path}" is YAML. ${way}` : `"${path}" is no JSON.`
    return context.fail('document_malformed', message)
  }
}
