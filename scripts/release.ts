/**
 * Publishes this project's own plugins into its registry: each that is not there yet is tagged
 * (`std/csv@1.0.0`), its tag is pushed to where others get it, and it becomes a release, like
 * anybody's.
 *
 * `node scripts/release.ts INDEX --key FILE --log-key FILE [--repo DIR] [--url URL]`; INDEX is a
 * folder, or a branch: `git+https://HOST/OWNER/REPO@registry`. What is there stays as it is.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { argv, env, stderr } from 'node:process'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'

import { parseDocument } from '#engine/dsl/text.ts'
import { tokenFor } from '#engine/host/lock/token.ts'
import { openKey } from '#engine/host/publish/key.ts'
import { originOf } from '#engine/host/publish/origin.ts'
import { publishRelease } from '#engine/host/publish/publish.ts'
import { readKey } from '#engine/host/registry/keys.ts'
import { openGitWriter } from '#engine/mirror/open.ts'
import { pushTag, remoteTags } from '#engine/mirror/write/push.ts'

const namespace = 'std'
const branches = ['HEAD', 'origin/main', 'main']
const author = { name: 'ionflux', email: 'ionflux@localhost' }

/** The releases that the manifests of `root` name: `std/csv@1.0.0`. */
function releasesIn(root: string): readonly string[] {
  const folder = join(root, 'plugins', namespace)
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const file = join(folder, name, 'plugin.yaml')
      const { value } = parseDocument({ file, text: readFileSync(file, 'utf8') })
      const { plugin, version } = value as { plugin: string; version: string }
      return `${plugin}@${version}`
    })
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      'log-key': { type: 'string' },
      repo: { type: 'string' },
      url: { type: 'string' },
    },
  })
  const [address] = positionals
  if (address === undefined || values.key === undefined || values['log-key'] === undefined)
    throw new Error('node scripts/release.ts INDEX --key FILE --log-key FILE')
  const root = resolve(values.repo ?? fileURLToPath(new URL('..', import.meta.url)))
  const key = openKey(values.key)
  const logKey = readKey(values['log-key'])
  const origin = await originOf(root, { given: values.url, env })
  const writer = await openGitWriter(root)
  const tags = releasesIn(root)
  const token = await tokenFor(origin.url, env)
  const there = await remoteTags(origin.url, tags, token)
  for (const tag of tags) {
    // A tag that is there says which commit was meant; it is never moved.
    const target = there.get(tag) ?? 'HEAD'
    await writer.tag({ name: tag, target, author, at: 0 }).catch(() => undefined)
    if (!there.has(tag)) await pushTag({ dir: root, url: origin.url, tag, token })
    const wish = { folder: root, tag, branches, ...origin }
    const { announced } = await publishRelease({ address, root, key, logKey, ...wish })
    const [leaf] = announced.leaves
    stderr.write(`${tag} ${leaf === undefined ? 'is there' : `is leaf ${leaf}`}\n`)
  }
}

await main()
