/**
 * Which commands there are and what they take, as one table.
 *
 * Each command's work is loaded when it is called, so that `--version` and a short run
 * never pay for the checker, the bundler or Git.
 */
import { Command, Option } from 'commander'

import { addSecretCommands } from './commands/secret-table.ts'
import { addBundleCommands, addLockCommands } from './lock/table.ts'
import { addMirrorCommands } from './mirror/table.ts'
import { addPlanCommand } from './plan/table.ts'
import { addPluginCommands } from './plugin/table.ts'
import { addFindCommands, addRegistryCommands } from './registry/table.ts'
import { addPublishCommand, addReleaseCommands } from './release/table.ts'
import { addApprovalCommands, addEventCommands, addRunCommands } from './run/table.ts'
import type { Terminal } from './terminal.ts'
import { addExportCommand, addTestCommand } from './test/table.ts'
import { addActivateCommands, addApproveCommand, addWatchCommand } from './watch/table.ts'
import { addUpstreamCommands } from './upstream/table.ts'

// Commander gives what the table below asks for; each command names the shape it expects.
// oxlint-disable-next-line typescript/no-explicit-any
type Values = any
type Arguments = readonly (string | readonly string[] | undefined)[]
/** An option of a command; `many` may be repeated. */
export type OptionRow = readonly [flags: string, text: string, multiple?: 'many']
/** Adds a command to the program or to a group of it. */
export type Add = (
  name: string,
  description: string,
  options: readonly OptionRow[],
  run: (args: Arguments, values: Values) => Promise<number>,
) => void

/** The whole program; `done` gets the exit code of the command that was called. */
export function buildProgram(terminal: Terminal, done: (exit: number) => void): Command {
  const program = new Command('ionflux')
    .description('Flows as code: a YAML file in Git, run durably to its result.')
    .addOption(
      new Option('--color <when>', 'colour the output')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('-V, --version', 'print the version') // answered before anything is parsed
    .exitOverride()
    // Beside long names, too, a description goes on in the next line.
    .configureHelp({ minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => terminal.data(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .addHelpText('after', examples)
  const top = adder(program, done)
  addFlowCommands(top, terminal)
  addPlanCommand(top, terminal)
  const plan = program.commands.find((command) => command.name() === 'plan') ?? program
  addApproveCommand(adder(plan, done), terminal, [repo, dataDir])
  addLockCommands(top, terminal)
  addUpstreamCommands(top, terminal)
  addPublishCommand(top, terminal)
  addFindCommands(top, terminal)
  addTestCommand(top, terminal, [json, repo, dataDir])
  addStartCommands(top, terminal)
  addWatchCommand(top, terminal, [repo, dataDir])
  addGroups((name, description) => {
    const group = new Command(name).copyInheritedSettings(program).description(description)
    program.addCommand(group)
    return adder(group, done)
  }, terminal)
  addToolCommands(top, terminal, program)
  return program
}

/** Commands of two words. */
function addGroups(group: (name: string, description: string) => Add, terminal: Terminal): void {
  const runs = group('runs', 'look at runs, stop them, try them again')
  addRunCommands(runs, terminal)
  addExportCommand(runs, terminal, [repo, dataDir])
  addApprovalCommands(group('approvals', 'see what people are asked, and answer'), terminal)
  addEventCommands(group('events', 'tell events to the runs that wait for them'), terminal)
  addPluginCommands(
    group('plugin', 'write plugins: start, build, test, look at and call one'),
    terminal,
  )
  const mirror = group(
    'mirror',
    'follow repositories elsewhere: remote, mirrored, compiled, active',
  )
  addMirrorCommands(mirror, terminal)
  addActivateCommands(mirror, terminal, [repo, dataDir])
  addReleaseCommands(
    group('release', 'speak to a registry: claim a namespace, yank, advise, replace keys'),
    terminal,
  )
  addBundleCommands(group('bundle', 'carry the packages of a lock across an air gap'), terminal)
  addRegistryCommands(group('registry', 'keep a registry, watch one, check one'), terminal)
  addSecretCommands(group('secret', 'seal the values that steps use and never see'), terminal)
}

function adder(parent: Command, done: (exit: number) => void): Add {
  return (name, description, options, run) => {
    const command = parent.command(name).description(description)
    for (const [flags, text, multiple] of options) {
      const option = new Option(flags, text)
      command.addOption(multiple === 'many' ? option.argParser(collect) : option)
    }
    command.action(async (...args: unknown[]) => {
      // A command above that has the same option takes its value away from this one.
      const above = parent.parent === null ? {} : parent.opts()
      const values: Values = { ...above, ...(args[args.length - 2] as Values) }
      done(await run(args.slice(0, -2) as Arguments, values))
    })
  }
}

const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where runs are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]
const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const at: OptionRow = ['--at <ref>', 'take flow, plugins and data from this commit']

function addFlowCommands(add: Add, terminal: Terminal): void {
  add(
    'init [dir]',
    'start a repository of flows, or add one to what is there',
    [json],
    async ([dir], values) =>
      (await import('./commands/init.ts')).init(terminal, {
        ...values,
        dir: dir as string | undefined,
      }),
  )
  add(
    'check [paths...]',
    'find every mistake in flows and plugins, without running anything',
    [
      ['--fix', 'apply the fixes that are safe'],
      ['--format <format>', 'text, json, github or sarif'],
      ['--json', 'the same as --format json'],
      repo,
      at,
    ],
    async ([paths], values) =>
      (await import('./commands/check.ts')).check(terminal, {
        paths: paths as string[],
        ...values,
      }),
  )
  add(
    'fmt [paths...]',
    'put flows and plugin files into their one form; meaning and comments stay',
    [
      ['--check', 'change nothing, and end with 3 when a file would change'],
      ['--diff', 'change nothing, and print what would change'],
      ['--stdin', 'format stdin to stdout'],
      json,
      repo,
    ],
    async ([paths], values) =>
      (await import('./format/fmt.ts')).fmt(terminal, { paths: paths as string[], ...values }),
  )
  add(
    'graph <flow>',
    'show the plan of a flow',
    [
      ['--format <format>', 'text, mermaid, svg or json'],
      ['--json', 'the same as --format json'],
      repo,
      at,
    ],
    async ([flow], values) =>
      (await import('./commands/graph.ts')).graph(terminal, { flow: flow as string, ...values }),
  )
}

function addStartCommands(add: Add, terminal: Terminal): void {
  add(
    'run <flow>',
    'run a flow, by file or id, to its result; Ctrl-C cancels it, SIGTERM leaves it to resume',
    [
      ['-i, --input <input>', 'name=value, name:=json or @file.json', 'many'],
      [
        '--grant <power>',
        'refuse a flow that may do more than these: net:HOST, git:read …',
        'many',
      ],
      ['--locked', 'run files only as ionflux.lock names them, as a commit does'],
      ['--no-wait', 'leave once nothing goes on without time, people or signals'],
      ['--no-cache', 'execute every step, whatever earlier runs gave (or IONFLUX_CACHE=off)'],
      json,
      repo,
      at,
      dataDir,
    ],
    async ([flow], values) =>
      (await import('./commands/run.ts')).run(terminal, { flow: flow as string, ...values }),
  )
  add(
    'resume [run]',
    'carry on a run that a crash or an interruption left, or all of them',
    [['--no-wait', 'leave when only timers are left'], json, repo, dataDir],
    async ([run], values) =>
      (await import('./commands/resume.ts')).resume(terminal, {
        run: run as string | undefined,
        ...values,
      }),
  )
}

function addToolCommands(add: Add, terminal: Terminal, program: Command): void {
  add('explain <code>', 'explain an error code', [json], async ([code], values) =>
    (await import('./commands/explain.ts')).explain(terminal, code as string, values),
  )
  add(
    'doctor',
    'check this machine and this repository',
    [json, repo, dataDir],
    async (_, values) => (await import('./commands/doctor.ts')).doctor(terminal, values),
  )
  add(
    'gc',
    'free what the data directory keeps and nothing needs any more',
    [
      ['--older <duration>', 'forget runs that ended longer ago: 30d'],
      ['--dry-run', 'say what would be freed, and change nothing'],
      json,
      repo,
      dataDir,
    ],
    async (_, values) => (await import('./data/gc.ts')).gc(terminal, values),
  )
  add(
    'action',
    'work as a step of GitHub Actions; what to do comes from the environment (action.yml)',
    [],
    async () => (await import('./action/action.ts')).action(terminal),
  )
  add(
    'completion <shell>',
    'print a completion script for bash, zsh or fish',
    [],
    async ([shell]) =>
      (await import('./commands/completion.ts')).completion(terminal, shell as string, program),
  )
}

const examples = `
Examples:
  ionflux init hello                                   a repository with a flow that works
  ionflux run hello -i name=Ada                        run it
  ionflux check                                        every mistake, with its place
  ionflux test --coverage                              the tests of flows, and what they miss
  ionflux plan main..my-branch                         what a branch changes
  ionflux runs ls                                      what ran here
Exit codes:
  0 done   1 a run or a test failed, or verify found damage   2 wrong call   3 problems in files
  4 not permitted   5 plan or outdated found changes   6 the run waits (--no-wait)
  69 something cannot be reached or written   70 a defect of ionflux   130 stopped by a signal
Next: ionflux init hello`

function collect(value: string, before: unknown): readonly string[] {
  return [...((before as readonly string[] | undefined) ?? []), value]
}
