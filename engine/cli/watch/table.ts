/**
 * What `watch`, `plan approve`, `mirror add-org`, `mirror activate` and `mirror rollback` take.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const environment: OptionRow = [
  '--environment <name>',
  'the name of this place, which a policy may ask for',
]
const json: OptionRow = ['--json', 'print one JSON document on stdout']

export function addWatchCommand(add: Add, terminal: Terminal, place: readonly OptionRow[]): void {
  add(
    'watch',
    'sync mirrors, make approved versions active, start their flows and report back',
    [
      ['--once', 'look at everything once, and leave when what it started has ended or waits'],
      ['--listen <host:port>', 'hear of pushes: POST /hooks/git, GET /healthz'],
      ['--webhook-secret <name>', 'the secret that forges sign deliveries with'],
      ['--forge <url>', 'the API to report to (else https://api.github.com)'],
      ['--token <name>', 'the secret that the API is sent; without it nothing is reported'],
      ['--publish <mirror>', 'publish the tags that appear in it; needs the next three', 'many'],
      ['--registry <address>', 'where to publish: a folder, or a branch (or IONFLUX_REGISTRY)'],
      ['--key <file>', 'the key that signs releases (or IONFLUX_KEY)'],
      ['--log-key <file>', 'the key of the log (or IONFLUX_LOG_KEY)'],
      ['--keep <duration>', 'once an hour, forget runs that ended longer ago: 30d'],
      environment,
      ['--json', 'print one JSON document a line, one for each event'],
      ...place,
    ],
    async (_, values) => (await import('./watch.ts')).watch(terminal, values),
  )
}

export function addApproveCommand(add: Add, terminal: Terminal, place: readonly OptionRow[]): void {
  add(
    'approve <digest>',
    'approve a plan, so that it may become active here',
    [
      ['--as <name>', 'who approves (else the user of this machine)'],
      ['--ahead', 'also a plan that no version and no pull request here has yet'],
      json,
      ...place,
    ],
    async ([digest], values) =>
      (await import('./activate.ts')).approve(terminal, { digest: digest as string, ...values }),
  )
}

export function addActivateCommands(
  add: Add,
  terminal: Terminal,
  place: readonly OptionRow[],
): void {
  add(
    'add-org <place>',
    'follow the repositories of an organisation: HOST/ORGANISATION',
    [
      ['--topic <topic>', 'only those that have it'],
      ['--token <name>', 'the secret that the forge and its repositories are sent'],
      ['--forge <url>', 'the API of the forge (else that of the host)'],
      ['--max-caps <power>', 'the most that their flows may do: net:HOST, secrets:NAME …', 'many'],
      json,
      ...place,
    ],
    async ([org], values) =>
      (await import('#engine/cli/mirror/organisation.ts')).addOrg(terminal, {
        ...values,
        place: org as string,
      }),
  )
  add(
    'activate <name> [ref]',
    'make the newest mirrored version active, or that of a tag or commit, if its plan is approved',
    [environment, json, ...place],
    async ([name, ref], values) =>
      (await import('./activate.ts')).activate(terminal, {
        name: name as string,
        ref: ref as string | undefined,
        ...values,
      }),
  )
  add(
    'rollback <name>',
    'go back to the version that was active before, and hold the mirror',
    [json, ...place],
    async ([name], values) =>
      (await import('./activate.ts')).rollback(terminal, { name: name as string, ...values }),
  )
  add(
    'policy [name]',
    'name the mirror whose activation policy counts for all others too',
    [['--clear', 'let each mirror have its own only'], json, ...place],
    async ([name], values) =>
      (await import('./activate.ts')).policy(terminal, {
        name: name as string | undefined,
        ...values,
      }),
  )
}
