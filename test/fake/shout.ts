/**
 * A small plugin, as the two files of its folder: what is published, locked and watched in tests.
 */

export interface ShoutWish {
  readonly name?: string
  readonly version: string
  /** Lines of the manifest before its actions. */
  readonly more?: string
}

/** `plugin.yaml` */
export function shoutManifest({ name = 'acme/shout', version, more = '' }: ShoutWish): string {
  return `plugin: ${name}
version: ${version}
description: Says it louder.
entry: ./main.ts
${more}actions:
  default:
    effects: pure
    input: { type: object, properties: { text: { type: string } } }
    output: { type: string }
`
}

/** `main.ts`; what it says ends with `mark`, so that versions can be told apart. */
export function shoutCode(mark = ''): string {
  const after = mark === '' ? '' : ` + '${mark}'`
  return `export default ({ text }: { text: string }): string => text.toUpperCase()${after}\n`
}
