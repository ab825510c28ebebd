/**
 * Pages that show commands with what they print: reads them, and runs them in order in one
 * shell, with names, times and digests left open. `…` stands for any lines.
 */
import { execFileSync } from 'node:child_process'

/** Where the output of one command ends and the next begins. */
const mark = '\u0001'

export interface Shown {
  readonly command: string
  readonly lines: readonly string[]
}

/**
 * Commands (`$ …`) of the fenced `console` blocks, with the lines shown below each. A block
 * of another language with a path, such as ```ts main.ts, is a file that the reader writes.
 */
export function shownIn(page: string): readonly Shown[] {
  const blocks = [...page.matchAll(/^```(console|\w+ \S+)\n([^]*?)^```$/gm)]
  return blocks.flatMap(([, head = '', body = '']) => {
    if (head !== 'console') return [{ command: writing(head.split(' ')[1] ?? '', body), lines: [] }]
    return body
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.trimEnd().split('\n')
        return { command, lines }
      })
  })
}

function writing(path: string, text: string): string {
  return `mkdir -p "$(dirname ${path})" && cat > ${path} <<'END_OF_FILE'\n${text}END_OF_FILE`
}

/** Leaves open what differs from call to call. */
function open(line: string): string {
  return line
    .replace(/\bcommit [0-9a-f]{12}\b/g, 'commit COMMIT')
    .replaceAll(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, 'RUN')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/\d+(\.\d+)? m?s\b/g, 'SPAN')
    .replaceAll(/ +/g, ' ')
    .trimEnd()
}

/** The shown lines in their order; `…` skips any number of printed ones. */
function missing(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0
  let mayskip = false
  for (const line of shown) {
    if (line === '…') {
      mayskip = true
      continue
    }
    const found = printed.indexOf(open(line), at)
    if (found === -1 || (!mayskip && found !== at)) return line
    at = found + 1
    mayskip = false
  }
  return undefined
}

export interface Fault {
  readonly command: string
  /** The shown line that was not printed. */
  readonly line: string
  readonly printed: readonly string[]
}

/** Runs the commands in `cwd`; what they were shown to print and did not. */
export function faultsOf(
  shown: readonly Shown[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): readonly Fault[] {
  // stdout after stderr, as both are seen in a terminal where the run is told first.
  const script = shown
    .map(({ command }) => `printf '\\n${mark}\\n'; { ${command}\n} 2>&1`)
    .join('\n')
  const output = execFileSync('bash', ['-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1', IONFLUX_DATA_DIR: '', ...env },
  })
  const parts = output.split(`\n${mark}\n`).slice(1)
  if (parts.length !== shown.length) throw new Error(`the shell ended early:\n${output}`)
  return shown.flatMap(({ command, lines }, index) => {
    const printed = (parts[index] ?? '').split('\n').map(open)
    const line = missing(lines, printed)
    return line === undefined ? [] : [{ command, line, printed }]
  })
}
