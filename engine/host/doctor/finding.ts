/** One thing that `doctor` looked at. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do about it. */
  readonly help?: string
  /** Of the error that commands would end with. */
  readonly code?: string
}

/** A part that something is wrong with, in the words of what was thrown. */
export function broken(name: string, thrown: unknown, help: string): Finding {
  const { message, code } = thrown as { readonly message?: string; readonly code?: string }
  const text = message ?? String(thrown)
  return { name, status: 'error', text, help, ...(code === undefined ? {} : { code }) }
}
