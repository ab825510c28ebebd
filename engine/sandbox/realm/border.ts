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
import type { QuickJs } from './quickjs.ts'

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
  const text = (value: Value | undefined): string =>
    value === undefined ? '' : quickJs.readText(value)
  const given = [
    quickJs.hostFunction('callHost', ([id, op, args]) => {
      host.call(quickJs.readNumber(id ?? quickJs.undefined), text(op), text(args))
      return undefined
    }),
    quickJs.hostFunction('writeLog', ([level, line]) => {
      host.log(text(level) as LogLevel, text(line))
      return undefined
    }),
    quickJs.hostFunction('settle', ([kind, ...parts]) => {
      host.settle(text(kind), parts.map(text))
      return undefined
    }),
    quickJs.hostFunction('native', ([name, ...args]) => {
      const values = args.map((arg) => nativeValue(quickJs, arg))
      const made = callNative(text(name), values)
      if (made === undefined) return undefined
      return typeof made === 'string' ? quickJs.text(made) : quickJs.bytes(made)
    }),
    quickJs.run(`(${caps})`, 'caps.js'),
  ]
  const script = quickJs.run(prelude, 'prelude.js')
  const border = quickJs.call(script, given)
  quickJs.free(script)
  return {
    begin: quickJs.property(border, 'begin'),
    reply: quickJs.property(border, 'reply'),
    link: quickJs.property(border, 'link'),
    tick: quickJs.property(border, 'tick'),
  }
}

function nativeValue(quickJs: QuickJs, value: Value): NativeValue {
  const type = quickJs.typeOf(value)
  if (type === 'number') return quickJs.readNumber(value)
  return type === 'object' ? quickJs.readBytes(value) : quickJs.readText(value)
}
