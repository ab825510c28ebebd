/**
 * Finds what looks like a secret: the known shapes of tokens, private keys, and random
 * text that is assigned to a name such as `password`.
 *
 * Tuned to be silent rather than shrill: a placeholder, a variable and an example of a
 * manual are no secret. What it reports never holds more than the first characters.
 */
export interface SecretFinding {
  readonly at: number
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
}

interface Shape {
  readonly name: string
  /** A text that every match contains: looking for it is cheap. */
  readonly hint: string
  readonly pattern: RegExp
}

const shapes: readonly Shape[] = [
  { name: 'an AWS access key id', hint: 'AKIA', pattern: /\bAKIA[0-9A-Z]{16}\b/g },
  { name: 'an AWS access key id', hint: 'ASIA', pattern: /\bASIA[0-9A-Z]{16}\b/g },
  { name: 'a GitHub token', hint: 'gh', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g },
  { name: 'a GitHub token', hint: 'github_pat_', pattern: /\bgithub_pat_[A-Za-z0-9_]{22,255}\b/g },
  { name: 'a GitLab token', hint: 'glpat-', pattern: /\bglpat-[A-Za-z0-9_-]{20,64}/g },
  { name: 'a Slack token', hint: 'xox', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{20,255}/g },
  {
    name: 'a Slack webhook',
    hint: 'hooks.slack.com',
    pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{20,30}/g,
  },
  { name: 'a Stripe key', hint: '_live_', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,255}\b/g },
  { name: 'a Google API key', hint: 'AIza', pattern: /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/g },
  {
    name: 'an API key of a model',
    hint: 'sk-',
    pattern: /\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{40,255}/g,
  },
  { name: 'an npm token', hint: 'npm_', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: 'a PyPI token', hint: 'pypi-', pattern: /\bpypi-[A-Za-z0-9_-]{80,255}/g },
  { name: 'a SendGrid key', hint: 'SG.', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g },
  {
    name: 'a Telegram token',
    hint: ':AA',
    pattern: /\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  {
    name: 'a private key',
    hint: 'PRIVATE KEY',
    pattern:
      /-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[A-Za-z-]+: .*\s+)*[A-Za-z0-9+/=]{32}/g,
  },
]

const findingsMax = 50

/** What looks like a secret, in the order of the shapes; at most fifty. */
export function findSecrets(text: string): readonly SecretFinding[] {
  const found: SecretFinding[] = []
  const taken: { readonly start: number; readonly end: number }[] = []
  for (const { name, hint, pattern } of shapes) {
    if (!text.includes(hint)) continue
    for (const match of text.matchAll(pattern)) {
      if (found.length >= findingsMax) return found
      taken.push({ start: match.index, end: match.index + match[0].length })
      found.push({ at: match.index, ...judge(name, match[0]) })
    }
  }
  for (const { at, value, name } of assignments(text)) {
    if (found.length >= findingsMax) return found
    if (taken.some(({ start, end }) => at < end && at + value.length > start)) continue
    found.push({
      at,
      severity: 'warning',
      message: `"${name}" is given a value that looks random: ${masked(value)}. If it is a secret, replace it and keep it out of the repository.`,
    })
  }
  return found
}

function judge(name: string, value: string): Omit<SecretFinding, 'at'> {
  if (name === 'a private key') {
    return {
      severity: 'error',
      message: 'This is a private key. Replace it, and keep the new one out of the repository.',
    }
  }
  const tail = value.slice(4)
  if (isPlaceholder(value) || entropy(tail) < 2.6) {
    return {
      severity: 'info',
      message: `${masked(value)} has the shape of ${name}, and looks like an example.`,
    }
  }
  return {
    severity: 'error',
    message: `${masked(value)} looks like ${name}. Revoke it, and keep the new one out of the repository.`,
  }
}

const assignment =
  /((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w.-]{0,20})["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}(?:"([^"\s]{12,200})"|'([^'\s]{12,200})'|([A-Za-z0-9+/_=-]{16,200})\s*$)/i

/** What every match of `assignment` holds, in lower case: looking for it is cheap. */
const words = ['passw', 'secret', 'token', 'credential', 'key']
const keyWord = /(?:api|access|private)[_-]?key/

function* assignments(text: string): Generator<{ at: number; value: string; name: string }> {
  const lower = text.toLowerCase()
  if (!isTelling(lower)) return
  let start = 0
  for (const line of text.split('\n')) {
    const here = start
    start += line.length + 1
    if (line.length > 2_000 || (!line.includes(':') && !line.includes('='))) continue
    const small = line.toLowerCase()
    if (!isTelling(small)) continue
    const match = assignment.exec(line)
    const value = match?.[2] ?? match?.[3] ?? match?.[4]
    if (match === null || value === undefined || !isRandom(value)) continue
    yield { at: here + match.index, value, name: match[1] ?? '' }
  }
}

function isTelling(lower: string): boolean {
  return words.some((word) => lower.includes(word) && (word !== 'key' || keyWord.test(lower)))
}

/** Digits and letters, no word that people read, and as mixed as chance makes it. */
function isRandom(value: string): boolean {
  if (isPlaceholder(value) || !/[0-9]/.test(value) || !/[A-Za-z]/.test(value)) return false
  if (/[\s(){}[\]<>$%|,;*\\]|:\/\/|\.\.|^\.|^\/|^@|\.(?:[a-z]{2,5})$/.test(value)) return false
  // Digests and versions are public: sha256-…, 64 hex digits, integrity="sha512-…".
  if (/^(?:sha\d+[-:]|[0-9a-f]{40}$|[0-9a-f]{64}$|v?\d+\.\d+)/i.test(value)) return false
  const parts = value.split(/[-_./:]/).filter((part) => part !== '')
  const isWords = parts.every((part) =>
    /^(?:[A-Za-z]?[a-z]+|[A-Z]+|\d{1,4}|[A-Za-z]+\d{1,2})$/.test(part),
  )
  return !isWords && entropy(value) >= 3.4
}

function isPlaceholder(value: string): boolean {
  return /example|changeme|placeholder|dummy|sample|redacted|your[_-]|xxxx|0000000|1234567890|abcdef|\.\.\.|fake|test/i.test(
    value,
  )
}

/** Shannon's bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

function masked(value: string): string {
  return `"${value.slice(0, 4)}…" (${value.length} characters)`
}
