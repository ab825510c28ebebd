/** The other rules of `std/lint`: JSON, secrets, Markdown links. */
import { describe, expect, test } from 'vitest'

import { jsonMistake } from '#plugins/std/lint/json.ts'
import { anchorsOf, findLinks, slugOf } from '#plugins/std/lint/links.ts'
import { findSecrets } from '#plugins/std/lint/secrets.ts'
import { cpuMs } from '#test/unit/cpu.ts'

describe('JSON', () => {
  test.each([
    ['a comma too many', '{"a": 1,}', 8],
    ['a comma too few', '[1 2]', 3],
    ['single quotes', "{'a': 1}", 1],
    ['a comment', '{ // no\n}', 2],
    ['an open bracket', '{"a": [1, 2', 6],
    ['nothing', '', 0],
    ['two values', '{} {}', 3],
    ['a leading zero', '[01]', 1],
    ['an open text', '{"a": "b\n}', 6],
    ['a wrong escape', '["\\x"]', 2],
    ['a missing colon', '{"a" 1}', 5],
    ['a word', '[NaN]', 1],
  ])('names the place of %s', (_, text, at) => {
    expect(jsonMistake(text, false)?.at).toBe(at)
  })

  test('accepts what JSON is, and comments only where they may be', () => {
    expect(jsonMistake('\ufeff{"a": [1, -0.5e3, true, null, "\\u00e9"]}', false)).toBeUndefined()
    expect(jsonMistake('{ // yes\n "a": [1, 2,], /* and */ }', true)).toBeUndefined()
    expect(jsonMistake('{ /* open', true)).toBeDefined()
  })
})

// Put together here, so that no file of this repository holds what would look like a secret.
const chance = 'q7Zr2LmX9vKd4TbW8sNy3HfJ6pGc1RaE5uVo0QiMtBnY'
const token = (prefix: string, length: number): string => prefix + chance.slice(0, length)

describe('secrets', () => {
  test.each([
    ['GitHub', token('ghp_', 36)],
    ['GitLab', token('glpat-', 20)],
    ['Stripe', token('sk_live_', 24)],
    ['npm', token('npm_', 36)],
    ['Google', token('AIza', 35)],
    [
      'AWS',
      `AKIA${chance
        .toUpperCase()
        .replaceAll(/[^A-Z2-7]/g, '')
        .slice(0, 16)}`,
    ],
  ])('finds a token of %s and never shows it', (_, secret) => {
    const [found, ...rest] = findSecrets(`one line\nkey: ${secret}\n`)
    expect(rest).toEqual([])
    expect(found).toMatchObject({ at: 14, severity: 'error' })
    expect(found?.message).not.toContain(secret.slice(0, 8))
  })

  test('finds a private key by what follows its first line', () => {
    const head = ['-----BEGIN', 'RSA', 'PRIVATE', 'KEY-----'].join(' ')
    expect(findSecrets(`${head}\n${chance}\n`)).toMatchObject([{ severity: 'error' }])
    expect(findSecrets(`a page about ${head}`)).toEqual([])
  })

  test('finds random text that is given to a telling name', () => {
    for (const line of [
      `db_password: "${chance.slice(0, 20)}"`,
      `const apiKey = '${chance.slice(0, 24)}'`,
      `API_TOKEN=${chance.slice(0, 24)}`,
      `"client_secret": "${chance.slice(0, 24)}",`,
    ]) {
      expect([line, findSecrets(line)]).toMatchObject([line, [{ severity: 'warning' }]])
    }
  })

  test.each([
    'password: ${{ secrets.DB_PASSWORD }}',
    'password: "correct horse battery staple"',
    'token: { secret: LEDGER_TOKEN }',
    'const token = process.env.GITHUB_TOKEN',
    "apiKey: 'your-api-key-goes-here-123'",
    'secret = "changeme12345678"',
    'key: sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c',
    '"integrity": "sha512-Q7Zr2LmX9vKd4TbW8sNy3HfJ6pGc1RaE5uVo0QiMtBnY"',
    'cache-key: node-modules-v12-linux-x64-build',
    'tokenUrl: "https://login.example.org/oauth2/v2.0/token"',
    'primary_key = "user_id_2"',
    'monkey: a1b2c3',
  ])('is silent about %s', (line) => {
    expect(findSecrets(line)).toEqual([])
  })

  test('notes an example as what it is', () => {
    expect(findSecrets('AKIA' + 'IOSFODNN7EXAMPLE')).toMatchObject([{ severity: 'info' }])
  })
})

describe('links', () => {
  const targets = (text: string): readonly string[] =>
    findLinks('docs/guide.md', text).map(({ path, anchor }) => path + (anchor && `#${anchor}`))

  test('resolves what leads to files and headings', () => {
    expect(targets('[a](b.md) ![i](../img/x.png "title") [s](#top) [c](./c%20d.md#e)')).toEqual([
      'docs/b.md',
      'img/x.png',
      'docs/guide.md#top',
      'docs/c d.md#e',
    ])
    expect(targets('[a][one]\n\n[one]: other.md\n[^1]: no.md\n')).toEqual(['docs/other.md'])
    expect(targets('[x](<with blank.md>) [y](a(b).md) [z](folder/)')).toEqual([
      'docs/with blank.md',
      'docs/a(b).md',
      'docs/folder',
    ])
  })

  test('passes over the web, the root, code, comments and what leaves the repository', () => {
    expect(
      targets(
        [
          '[a](https://example.org/b.md) [m](mailto:a@b.c) [r](/docs/x.md) [o](../../issues)',
          '`[code](gone.md)` and ``[more `](gone.md)``',
          '```\n[fenced](gone.md)\n```\n~~~\n[too](gone.md)\n~~~',
          '<!-- [comment](gone.md) -->',
          '[t]({{ url }}) [u](${url})',
          'f[x](y z)',
        ].join('\n'),
      ),
    ).toEqual([])
  })

  test('names headings as GitHub does', () => {
    expect(slugOf('What *is* `this`, really?')).toBe('what-is-this-really')
    expect(slugOf('Über [uns](x.md) & co.')).toBe('über-uns--co')
    const text = '# One\n## One\nTwo\n---\n```\n# no\n```\n<a id="Own"></a>\n### Three {#third}\n'
    expect([...anchorsOf(text)]).toEqual(
      expect.arrayContaining(['one', 'one-1', 'two', 'third', 'own']),
    )
    expect(anchorsOf(text).has('no')).toBe(false)
  })

  test('stays quick on hostile text', () => {
    const started = cpuMs()
    for (const text of [
      '[a]('.repeat(50_000),
      '`'.repeat(20_001),
      '<!--'.repeat(20_000),
      '<a '.repeat(20_000),
    ]) {
      findLinks('a.md', text)
      anchorsOf(text)
    }
    expect(cpuMs() - started).toBeLessThan(5_000)
  })
})
