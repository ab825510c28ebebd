/**
 * `completion SHELL`: a script that completes commands, options, flow files and codes.
 *
 * The words come from the command table itself, so a new option completes without a
 * change here. The script calls nothing while a person types.
 */
import type { Command } from 'commander'

import { codes } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

interface Word {
  /** `run`, `runs ls`; empty for the program itself. */
  readonly path: string
  readonly words: readonly string[]
  readonly options: readonly string[]
}

/** Prints the script for `shell`. */
export function completion(terminal: Terminal, shell: string, program: Command): number {
  const table = tableOf(program, '')
  const print = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]
  if (print === undefined) {
    throw new IonError(
      'CLI_USAGE',
      `There is no completion for "${shell}"; ask for bash, zsh or fish.`,
    )
  }
  terminal.data(print(table))
  return exits.done
}

function tableOf(command: Command, path: string): readonly Word[] {
  const words = command.commands.map((child) => child.name())
  const own = [...command.options.map((option) => option.long ?? option.short ?? ''), '--help']
  const values =
    path === 'explain' ? Object.keys(codes) : path === 'completion' ? ['bash', 'zsh', 'fish'] : []
  return [
    { path, words: [...words, ...values], options: own },
    ...command.commands.flatMap((child) => tableOf(child, `${path} ${child.name()}`.trim())),
  ]
}

/** Commands that have commands of their own. */
function groupsOf(table: readonly Word[]): readonly string[] {
  return [...new Set(table.flatMap(({ path }) => /^(\S+) /.exec(path)?.[1] ?? []))]
}

function bashScript(table: readonly Word[]): string {
  const cases = table.map(
    ({ path, words, options }) =>
      `    '${path}') words='${words.join(' ')}' options='${options.join(' ')}' ;;`,
  )
  return `# ionflux completion for bash: eval "$(ionflux completion bash)"
_ionflux() {
  local current=\${COMP_WORDS[COMP_CWORD]} path=\${COMP_WORDS[1]} words options
  [ "$COMP_CWORD" -lt 2 ] && path=''
  case $path in
    ${groupsOf(table).join('|')}) [ "$COMP_CWORD" -gt 2 ] && path="$path \${COMP_WORDS[2]}" ;;
  esac
  case $path in
${cases.join('\n')}
    *) words='' options='' ;;
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  else COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _ionflux ionflux
`
}

function zshScript(table: readonly Word[]): string {
  return `#compdef ionflux
# ionflux completion for zsh: source <(ionflux completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bashScript(table).split('\n').slice(1).join('\n')}`
}

function fishScript(table: readonly Word[]): string {
  const lines = table.flatMap(({ path, words, options }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ')
    const commands =
      words.length === 0 ? [] : [`complete -c ionflux -n '${condition}' -a '${words.join(' ')}'`]
    const flags = options
      .filter((option) => option.startsWith('--'))
      .map((option) => `complete -c ionflux -n '${condition}' -l ${option.slice(2)}`)
    return [...commands, ...flags]
  })
  return `# ionflux completion for fish: ionflux completion fish | source\n${lines.join('\n')}\n`
}
