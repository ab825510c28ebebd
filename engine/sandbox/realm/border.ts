/**
 * The border of a realm: the host functions that its prelude is given, and the guest
 * functions that it gives back.
 *
 * Only texts, numbers and copies of bytes cross it. What they mean is the realm's concern.
 */
import { limits } from '#engine/core/limits.ts'
import type { LogLevel } from '#engine/sandbox/protocol.ts'

import type { Value } from './binary.ts'
import { callNative, type NativeValue } from './natives.ts'
import { prelude } from './prelude.ts'
import type { HostFunction, QuickJs } from './quickjs.ts'

/** The guest's side. */
export interface Border {
  readonly begin: Value
  readonly reply: Value
  readonly link: Value
  readonly tick: Value
}

/** The host's side. */
export interface BorderHost {
  call(id: number, op: string, args: string): void
  log(level: LogLevel, text: string): void
  settle(kind: string, parts: readonly string[]): void
}

const caps = JSON.stringify({
  outputChars: limits.sandboxOutputBytesMax,
  messageChars: limits.failureMessageCharsMax,
  logChars: limits.logCharsMax,
})

/** Runs the prelude; the guest's code comes after it. */
export function raiseBorder(quickJs: QuickJs, host: BorderHost): Border {
  const functions = Object.entries(functionsOf(quickJs, host))
  const given = functions.map(([name, run]) => quickJs.hostFunction(name, run))
  const script = quickJs.run(prelude, 'prelude.js')
  const border = quickJs.call(script, [...given, quickJs.run(`(${caps})`, 'caps.js')])
  quickJs.free(script)
  return {
    begin: quickJs.property(border, 'begin'),
    reply: quickJs.property(border, 'reply'),
    link: quickJs.property(border, 'link'),
    tick: quickJs.property(border, 'tick'),
  }
}

/** The host's side of a border that is in the memory already. */
export function standBehind(quickJs: QuickJs, host: BorderHost): void {
  quickJs.adopt(Object.values(functionsOf(quickJs, host)))
}

/** In the order of the prelude's parameters. */
function functionsOf(quickJs: QuickJs, host: BorderHost): Readonly<Record<string, HostFunction>> {
  const text = (value: Value | undefined): string =>
    value === undefined ? '' : quickJs.readText(value)
  return {
    callHost: ([id, op, args]) => {
      host.call(quickJs.readNumber(id ?? quickJs.undefined), text(op), text(args))
      return undefined
    },
    writeLog: ([level, line]) => {
      host.log(text(level) as LogLevel, text(line))
      return undefined
    },
    settle: ([kind, ...parts]) => {
      host.settle(text(kind), parts.map(text))
      return undefined
    },
    native: ([name, ...args]) => {
      quickJs.look()
      const values = args.map((arg) => nativeValue(quickJs, arg))
      const made = callNative(text(name), values)
      if (made === undefined) return undefined
      return typeof made === 'string' ? quickJs.text(made) : quickJs.bytes(made)
    },
  }
}

function nativeValue(quickJs: QuickJs, value: Value): NativeValue {
  const type = quickJs.typeOf(value)
  if (type === 'number') return quickJs.readNumber(value)
  return type === 'object' ? quickJs.readBytes(value) : quickJs.readText(value)
}
