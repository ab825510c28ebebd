/**
 * `ionflux plugin …` as a table: from a new plugin to one that is built, tested, looked at
 * and called.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']

/** Adds the commands below `plugin`. */
export function addPluginCommands(add: Add, terminal: Terminal): void {
  add(
    'new <name> [dir]',
    'start a plugin (namespace/name) that builds, passes its cases and can be used',
    [
      [
        '--kind <kind>',
        'transform (no powers), action (reads the repository) or wasm (AssemblyScript); else transform',
      ],
      json,
    ],
    async ([name, dir], values) =>
      (await import('./new.ts')).newPlugin(terminal, {
        name: name as string,
        dir: dir as string | undefined,
        ...values,
      }),
  )
  addFromOpenApi(add, terminal)
  add(
    'types <plugin>',
    'write types.ts from the schemas of the manifest',
    [['--check', 'only say whether it is current'], json],
    async ([plugin], values) =>
      (await import('./build.ts')).types(terminal, { plugin: plugin as string, ...values }),
  )
  add(
    'build <plugin>',
    'check and bundle a plugin; equal sources give an equal digest everywhere',
    [['-o, --out <file>', 'write the bundled code to a file'], json],
    async ([plugin], values) =>
      (await import('./build.ts')).build(terminal, { plugin: plugin as string, ...values }),
  )
  add(
    'test [plugins...]',
    'run the cases of plugins (cases/*.yaml) through the sandbox; else of all from here on',
    [
      ['--filter <text>', 'only cases whose action or name has this text'],
      ['--update', 'write the outputs that came into the cases'],
      ['--watch', 'run again with every change'],
      json,
    ],
    async ([plugins], values) =>
      (await import('./test.ts')).test(terminal, { plugins: plugins as string[], ...values }),
  )
  add(
    'inspect <plugin>',
    'show what a plugin (a folder, or namespace/name@range) offers, asks for and is made of',
    [json],
    async ([plugin], values) =>
      (await import('./inspect.ts')).inspect(terminal, { plugin: plugin as string, ...values }),
  )
  addCallCommand(add, terminal)
}

function addFromOpenApi(add: Add, terminal: Terminal): void {
  add(
    'from-openapi <file> [dir]',
    'make a plugin that calls the operations of an OpenAPI document (3.0 or 3.1)',
    [
      ['--name <name>', 'namespace/name (else made of the title)'],
      ['--operation <id>', 'an operationId or "GET /path"; else all', 'many'],
      ['--server <url>', 'in place of the servers of the document'],
      ['--auth <kind>', 'in place of its security: none, bearer, basic or header:NAME'],
      ['--replace', 'write the files of an earlier one anew'],
      json,
    ],
    async ([file, dir], values) =>
      (await import('./from-openapi.ts')).fromOpenApi(terminal, {
        file: file as string,
        dir: dir as string | undefined,
        ...values,
      }),
  )
}

function addCallCommand(add: Add, terminal: Terminal): void {
  add(
    'call <plugin> <action>',
    'call an action once; it is granted nothing but what you name',
    [
      ['-i, --input <input>', 'JSON, @file.json, name=value or name:=json', 'many'],
      ['--grant <power>', 'net:HOST, git:read, state:write, …', 'many'],
      ['--secret <name=variable>', 'a secret, from a variable of the environment', 'many'],
      ['--deadline <duration>', 'at most this long: 500ms'],
      ['--memory <size>', 'at most this much: 32mb'],
      ['--repo <dir>', 'the repository to work on (else the one around you)'],
      json,
    ],
    async ([plugin, action], values) =>
      (await import('./call.ts')).call(terminal, {
        plugin: plugin as string,
        action: action as string,
        ...values,
      }),
  )
}
