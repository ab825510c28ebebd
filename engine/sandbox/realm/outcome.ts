/**
 * Names what became of a call: from what the guest's side of the border reported, or
 * from how QuickJS itself ended.
 *
 * A guest can make its own errors look like those of the engine; that costs it its
 * realm and gains it nothing.
 */
import { limits } from '#engine/core/limits.ts'

import type { Outcome, Thrown } from '#engine/sandbox/protocol.ts'

/** What the border script said, with the texts it gave. */
export function outcomeOfSettled(kind: string, parts: readonly string[]): Outcome {
  const [name = '', message = '', code = '', data = '', stack = ''] = parts
  if (kind === 'done') return { kind: 'done', text: name, sawRun: message !== 'input' }
  if (kind === 'size') {
    return stopped(
      'SANDBOX_SIZE_EXCEEDED',
      `The output is larger than ${mb(limits.sandboxOutputBytesMax)}. Give fewer fields, or one page at a time.`,
    )
  }
  if (kind === 'missing') {
    return stopped('SANDBOX_CODE_REFUSED', `The code exports no function "${name}".`)
  }
  if (kind === 'stalled') {
    const text = 'The code waits for a promise that nothing will resolve.'
    return { kind: 'threw', thrown: { name: 'Stalled', message: text } }
  }
  const exceeded = exceededBy(name, message)
  if (kind === 'input') {
    return stopped('SANDBOX_SIZE_EXCEEDED', `The input cannot be read in the sandbox: ${message}.`)
  }
  if (exceeded !== undefined) return exceeded
  if (kind === 'output') {
    return stopped('SANDBOX_OUTPUT_REFUSED', `The output cannot be written as JSON: ${message}.`)
  }
  return { kind: 'threw', thrown: thrownOf({ name, message, code, data, stack }) }
}

/** How QuickJS ended guest code, where the border script had no say. */
export function outcomeOfFault(
  kind: 'interrupted' | 'memory' | 'refused' | 'crashed',
  message: string,
): Outcome {
  if (kind === 'interrupted') return stopped('SANDBOX_TIME_EXCEEDED', 'The code ran out of time.')
  if (kind === 'memory') return stopped('SANDBOX_MEMORY_EXCEEDED', 'The code ran out of memory.')
  const [name = '', ...rest] = message.split(': ')
  const text = rest.join(': ').slice(0, limits.failureMessageCharsMax)
  if (kind === 'refused') {
    return (
      exceededBy(name, text) ??
      stopped('SANDBOX_CODE_REFUSED', `The code cannot be loaded: ${name}: ${text}.`)
    )
  }
  // A native recursion of the engine that went through the stack of the thread.
  if (name === 'RangeError') return exceededBy(name, text) ?? crashed(message)
  return crashed(message)
}

function crashed(message: string): Outcome {
  return stopped('SANDBOX_CRASHED', `The sandbox broke while the code ran: ${message}.`)
}

function exceededBy(name: string, message: string): Outcome | undefined {
  if (message === 'out of memory' && name === 'InternalError') {
    return stopped('SANDBOX_MEMORY_EXCEEDED', 'The code ran out of memory.')
  }
  if (message === 'stack overflow' || message === 'Maximum call stack size exceeded') {
    return stopped('SANDBOX_MEMORY_EXCEEDED', 'The code calls itself deeper than the stack allows.')
  }
  return undefined
}

function thrownOf(parts: Required<Thrown>): Thrown {
  const { name, message, code, data, stack } = parts
  return {
    name: name === '' ? 'Error' : name,
    message: name === 'ReferenceError' ? withHint(message) : message,
    ...(code === '' ? {} : { code }),
    ...(data === '' ? {} : { data }),
    ...(stack === '' ? {} : { stack }),
  }
}

const hints: Readonly<Record<string, string>> = {
  Intl: 'The sandbox has no Intl: results must not depend on the data of a machine.',
  fetch: 'There is a fetch once the manifest asks for hosts with "capabilities: { net: [..] }".',
  process: 'The sandbox has no process, environment or file system.',
  Buffer: 'Use Uint8Array, TextEncoder and Uint8Array.fromBase64.',
}

/** Tells what to do without a global that the sandbox has not. */
function withHint(message: string): string {
  const [, name = ''] = /^'?(\w+)'? is not defined$/.exec(message) ?? []
  return Object.hasOwn(hints, name) ? `${name} is not defined. ${hints[name]}` : message
}

function stopped(code: Extract<Outcome, { kind: 'stopped' }>['code'], message: string): Outcome {
  return { kind: 'stopped', code, message }
}

function mb(bytes: number): string {
  return `${bytes / 1024 / 1024} MB`
}
