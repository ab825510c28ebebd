/** Makes one message of what is new in several feeds. */
interface Item {
  readonly title: string | null
  readonly link: string | null
  readonly published: string | null
}

interface Feed {
  readonly title: string | null
  readonly items: readonly Item[]
}

interface Input {
  /** When the run began. */
  readonly now: string
  readonly hours: number
  readonly items_max: number
  readonly urls: readonly string[]
  /** Of each feed what it holds, or why it could not be read. */
  readonly results: readonly (Feed | { readonly error: unknown })[]
}

interface Digest {
  readonly count: number
  /** Feeds that could not be read. */
  readonly broken: readonly string[]
  readonly text: string
}

export default function digest({ now, hours, items_max, urls, results }: Input): Digest {
  const since = Date.parse(now) - hours * 60 * 60 * 1000
  const broken: string[] = []
  const lines: string[] = []
  let count = 0
  for (const [index, result] of results.entries()) {
    const url = urls[index] ?? ''
    if ('error' in result) {
      broken.push(url)
      continue
    }
    const fresh = result.items
      .filter(({ published }) => published !== null && Date.parse(published) >= since)
      .slice(0, items_max)
    if (fresh.length === 0) continue
    count += fresh.length
    lines.push(`*${plain(result.title ?? url)}*`)
    for (const { title, link } of fresh)
      lines.push(link === null ? `• ${plain(title ?? '')}` : `• <${link}|${plain(title ?? link)}>`)
  }
  return { count, broken, text: lines.join('\n') }
}

/** Text that Slack takes as text. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
