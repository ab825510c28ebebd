/** Judges the licences that a lock file of npm (version 2 or 3) names. */
interface Input {
  readonly text: string
  /** SPDX identifiers. */
  readonly allowed: readonly string[]
  readonly production_only: boolean
}

interface Finding {
  readonly name: string
  readonly version: string
  /** Null where the package says nothing. */
  readonly license: string | null
}

interface Entry {
  readonly version?: string
  readonly license?: unknown
  readonly dev?: boolean
  readonly link?: boolean
}

interface Audit {
  readonly packages: number
  /** How many packages have each, the most frequent first. */
  readonly licenses: readonly { readonly license: string; readonly count: number }[]
  readonly findings: readonly Finding[]
  readonly blocks: readonly unknown[]
}

export default function audit({ text, allowed, production_only }: Input): Audit {
  const { packages = {} } = JSON.parse(text) as { packages?: Readonly<Record<string, Entry>> }
  const counts = new Map<string, number>()
  const findings: Finding[] = []
  let seen = 0
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.link === true || (production_only && entry.dev === true)) continue
    seen += 1
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const license = typeof entry.license === 'string' ? entry.license : null
    counts.set(license ?? 'none', (counts.get(license ?? 'none') ?? 0) + 1)
    if (license === null || !isAllowed(license, new Set(allowed)))
      findings.push({ name, version: entry.version ?? '', license })
  }
  const licenses = [...counts]
    .map(([license, count]) => ({ license, count }))
    .toSorted((a, b) => b.count - a.count || (a.license < b.license ? -1 : 1))
  return { packages: seen, licenses, findings, blocks: blocksOf(seen, licenses, findings) }
}

/** An expression of SPDX: `A OR B` is allowed when one of them is, `A AND B` when both are. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const bare = expression.replaceAll(/[()]/g, ' ')
  return bare
    .split(/\s+OR\s+/)
    .some((part) => part.split(/\s+AND\s+/).every((one) => allowed.has(one.trim())))
}

function blocksOf(
  seen: number,
  licenses: Audit['licenses'],
  findings: readonly Finding[],
): readonly unknown[] {
  const rows = findings.map(({ name, version, license }) => [
    name,
    version,
    license ?? 'says nothing',
  ])
  return [
    { heading: 'Licences', level: 2 },
    { text: `${seen} packages, ${findings.length} of them need a look.` },
    ...(rows.length === 0 ? [] : [{ table: { columns: ['package', 'version', 'licence'], rows } }]),
    {
      table: {
        columns: ['licence', 'packages'],
        rows: licenses.map((one) => [one.license, String(one.count)]),
      },
    },
  ]
}
