/**
 * The part of WebAssembly that the sandbox and the types of QuickJS name.
 *
 * It is part of every JavaScript engine, but its types ship with those of a browser,
 * which this program is not.
 */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer
    /** Throws a `RangeError` beyond the maximum; gives the pages there were. */
    grow(pages: number): number
  }
  const Memory: new (limits: { readonly initial: number; readonly maximum: number }) => Memory
  interface Instance {
    readonly exports: unknown
  }
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>
  type Exports = Readonly<Record<string, unknown>>
  const Module: {
    new (bytes: Uint8Array): Module
    imports(module: Module): { readonly module: string; readonly name: string }[]
  }
  const Instance: new (module: Module, imports: Imports) => Instance
  const CompileError: ErrorConstructor
  const LinkError: ErrorConstructor
  const RuntimeError: ErrorConstructor
  function compile(bytes: Uint8Array): Promise<Module>
}
