/**
 * The commands of `ionflux runs` and `ionflux approvals`, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where runs are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]
const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']

/** `runs …`: look at runs, tell them something, stop them, try them again. */
export function addRunCommands(add: Add, terminal: Terminal): void {
  const load = async () => await import('#engine/cli/commands/runs.ts')
  const one: readonly OptionRow[] = [json, repo, dataDir]
  add(
    'ls',
    'list runs, newest first',
    [
      ['--status <status>', 'running, parked, uncertain, done, failed or cancelled'],
      ['--flow <id>', 'only runs of this flow'],
      ['--limit <n>', 'at most this many (else 20)'],
      ['--all', 'with the runs that other runs started'],
      ...one,
    ],
    async (_, values) => (await load()).list(terminal, values),
  )
  add(
    'show <run>',
    'show a run and its steps',
    [['--at <record>', 'as it was after so many records'], ...one],
    async ([run], values) => (await load()).show(terminal, { run: run as string, ...values }),
  )
  add('diff <a> <b>', 'show where two runs part', one, async ([a, b], values) =>
    (await import('./diff.ts')).diff(terminal, { a: a as string, b: b as string, ...values }),
  )
  add('logs <run>', 'print what the steps of a run wrote', one, async ([run], values) =>
    (await load()).logs(terminal, { run: run as string, ...values }),
  )
  addChanges(add, terminal, one)
  add(
    'rm <runs...>',
    'forget runs that have ended, with all that they started (see also: ionflux gc)',
    [['--dry-run', 'only say what that would free'], ...one],
    async ([runs], values) =>
      (await import('#engine/cli/data/rm.ts')).remove(terminal, {
        runs: runs as readonly string[],
        ...values,
      }),
  )
  addPauses(add, terminal, one)
  add(
    'verify <run>',
    'recompute the hash chain of a run',
    [['--replay', 'also execute its calls again from what they were told'], ...one],
    async ([run], values) =>
      (await import('./verify.ts')).verify(terminal, {
        run: run as string,
        ...values,
      }),
  )
}

function addPauses(add: Add, terminal: Terminal, one: readonly OptionRow[]): void {
  for (const kind of ['pause', 'resume'] as const) {
    const about = kind === 'pause' ? 'have a run begin nothing new' : 'have a paused run go on'
    const who: OptionRow = ['--as <who>', 'who says so (else user: and your name)']
    add(`${kind} <run>`, about, [who, ...one], async ([run], values) =>
      (await import('./pause.ts')).pause(terminal, { run, ...values, kind }),
    )
  }
}

/** What is told to runs, and done to them. */
function addChanges(add: Add, terminal: Terminal, one: readonly OptionRow[]): void {
  add('cancel <run>', 'stop a run; its finally blocks still run', one, async ([run], values) =>
    (await import('#engine/cli/commands/change.ts')).cancel(terminal, {
      run: run as string,
      ...values,
    }),
  )
  add(
    'retry <run>',
    'try the failed step again and go on; what was committed stays',
    [['--no-wait', 'leave once nothing goes on without time, people or signals'], ...one],
    async ([run], values) =>
      (await import('#engine/cli/commands/change.ts')).retry(terminal, {
        run: run as string,
        ...values,
      }),
  )
  add(
    'fork <run>',
    'run again from a step on; what was committed before it is reused',
    [
      ['--from <step>', 'the path of the step to go on with'],
      ['--with <input>', 'an input that differs: name=value or name:=json', 'many'],
      ['--set-output <step>', 'what a step gave instead: STEP=@file.json', 'many'],
      ['--dry-run', 'only say which past effects are reused, given and repeated'],
      ['--no-wait', 'leave once nothing goes on without time, people or signals'],
      ...one,
    ],
    async ([run], values) =>
      (await import('./fork.ts')).fork(terminal, { run: run as string, ...values }),
  )
  add(
    'signal <run> <name>',
    'tell a run something that it waits for',
    [
      ['-i, --input <input>', 'name=value, name:=json or @file.json; may be repeated', 'many'],
      ['--id <id>', 'two signals with one id are one'],
      ['--as <who>', 'who sends it (else user: and your name)'],
      ...one,
    ],
    async ([run, name], values) =>
      (await import('#engine/cli/commands/signal.ts')).signal(terminal, { run, name, ...values }),
  )
  add(
    'settle <run> <step>',
    'say what became of a step that a crash left uncertain',
    [
      ['--happened [output]', 'it took effect; its output is JSON or @file.json (else null)'],
      ['--did-not-happen', 'it did not; the step fails'],
      ['--retry', 'call it again'],
      ['--as <who>', 'who says so (else user: and your name)'],
      ...one,
    ],
    async ([run, step], values) =>
      (await import('#engine/cli/commands/settle.ts')).settle(terminal, { run, step, ...values }),
  )
}

/** Adds the commands below `approvals`. */
export function addApprovalCommands(add: Add, terminal: Terminal): void {
  const one: readonly OptionRow[] = [json, repo, dataDir]
  const load = async () => await import('#engine/cli/run/approvals.ts')
  const answer: readonly OptionRow[] = [
    ['--as <who>', 'user:name, and team:name for each team you answer for', 'many'],
    ['--reason <text>', 'why; kept with the answer'],
    ['-i, --input <input>', 'an answer to the form: name=value, name:=json or @file.json', 'many'],
    ['--digest <digest>', 'only if this is still what is asked (else what is asked now)'],
    ...one,
  ]
  add('ls', 'list what people are asked', one, async (_, values) =>
    (await load()).list(terminal, values),
  )
  add('show <run> [step]', 'print a question and all it shows', one, async ([run, step], values) =>
    (await load()).show(terminal, { run, step, ...values }),
  )
  for (const decision of ['approve', 'reject'] as const) {
    const about = decision === 'approve' ? 'say yes' : 'say no; the step fails with the reason'
    add(`${decision} <run> [step]`, about, answer, async ([run, step], values) =>
      (await load()).answer(terminal, { run, step, ...values, decision }),
    )
  }
}

/** Adds the commands below `events`. */
export function addEventCommands(add: Add, terminal: Terminal): void {
  add(
    'emit <subject>',
    'tell an event to every run that waits for it',
    [
      ['--data <json>', 'what it says: JSON or @file.json (else null)'],
      ['--key <key>', 'what keeps events of one thing in order'],
      ['--id <id>', 'two events with one id are one'],
      json,
      repo,
      dataDir,
    ],
    async ([subject], values) =>
      (await import('#engine/cli/events/emit.ts')).emit(terminal, {
        subject: subject as string,
        ...values,
      }),
  )
}
