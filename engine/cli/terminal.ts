/**
 * The terminal as the commands see it: where text goes, whether it may be coloured,
 * which glyphs it can show, how wide it is.
 *
 * Data goes to `stdout`, everything else to `stderr`, so that a pipe always gets
 * clean data. A reader that went away (`| head`) is not an error here; a disk that is full
 * sets the exit code of the process, and the run goes on.
 */
import { setImmediate } from 'node:timers/promises'
import { styleText } from 'node:util'

import { exits } from './exit.ts'

export type Tone = 'ok' | 'fail' | 'wait' | 'run' | 'muted' | 'bold' | 'warn' | 'note'

export interface Glyphs {
  readonly ok: string
  readonly fail: string
  readonly run: string
  readonly wait: string
  readonly skip: string
  readonly dot: string
  readonly arrow: string
  readonly tee: string
  readonly elbow: string
  readonly bar: string
  /** Before what belongs to the one above. */
  readonly child: string
  /** Before what somebody left half done. */
  readonly left: string
}

export interface Terminal {
  /** Writes data. Nothing but data. */
  data(text: string): void
  /** Writes a line for the person at the terminal. */
  note(line: string): void
  /** Writes to the person's screen without a line end; only on a live terminal. */
  raw(text: string): void
  paint(tone: Tone, text: string): string
  readonly glyphs: Glyphs
  /** Whether lines may be rewritten in place. */
  readonly isLive: boolean
  /** Whether stdout goes to a person's eyes. */
  readonly isDataSeen: boolean
  readonly columns: number
  /** Hears the document of `--json` whatever is printed, for who calls a command and goes on with it. */
  hear?(document: object): void
  /** Resolves once everything written has left the process. */
  flush(): Promise<void>
}

export type ColorWish = 'auto' | 'always' | 'never'

type Environment = Readonly<Record<string, string | undefined>>

const unicode: Glyphs = {
  ok: '✓',
  fail: '✕',
  run: '◐',
  wait: '⏸',
  skip: '⊘',
  dot: '·',
  arrow: '→',
  tee: '├─',
  elbow: '└─',
  bar: '│',
  child: '↳',
  left: '⚠',
}
const ascii: Glyphs = {
  ok: 'v',
  fail: 'x',
  run: '*',
  wait: '=',
  skip: '-',
  dot: '-',
  arrow: '->',
  tee: '|-',
  elbow: '`-',
  bar: '|',
  child: '^',
  left: '!',
}

const tones: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  ok: 'green',
  fail: ['red', 'bold'],
  wait: 'yellow',
  run: 'blue',
  muted: 'dim',
  bold: 'bold',
  warn: ['yellow', 'bold'],
  note: 'cyan',
}

const columnsDefault = 100

/** The terminal of this process. */
export function openTerminal(wish: ColorWish): Terminal {
  const { stdout, stderr, env } = process
  forgiveClosedReaders()
  const isLive = stderr.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined
  const hasColor = mayColor(wish, env, stderr.isTTY === true)
  return {
    data: (text) => void stdout.write(text),
    note: (line) => void stderr.write(line + '\n'),
    raw: (text) => void stderr.write(text),
    paint: (tone, text) =>
      hasColor && text !== '' ? styleText(tones[tone], text, { validateStream: false }) : text,
    glyphs: showsUnicode(env) ? unicode : ascii,
    isLive,
    isDataSeen: stdout.isTTY === true,
    columns: stderr.columns > 0 ? stderr.columns : columnsDefault, // 0: a terminal without a size
    flush: async () => {
      await Promise.all([drained(stdout), drained(stderr)])
      await setImmediate() // a write to a file that failed says so now
    },
  }
}

/** `NO_COLOR` and `FORCE_COLOR` as the community agreed; a flag wins over both. */
export function mayColor(wish: ColorWish, env: Environment, isTerminal: boolean): boolean {
  if (wish !== 'auto') return wish === 'always'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0'
  return isTerminal && env['TERM'] !== 'dumb'
}

/** Whether the locale can show more than ASCII. No locale at all counts as yes on a modern machine. */
export function showsUnicode(env: Environment): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  if (locale === '') return env['TERM'] !== 'linux'
  return /utf-?8/i.test(locale)
}

let isForgiving = false
function forgiveClosedReaders(): void {
  if (isForgiving) return
  isForgiving = true
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
      if (stream === process.stdout)
        process.stderr.write(`error: The output cannot be written: ${error.code}.\n`)
      process.exitCode = exits.unavailable
    })
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
