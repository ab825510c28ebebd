/**
 * The part of the QuickJS binary that the sandbox calls, and how an instance of it is made.
 *
 * The names are those of the package's own C code. Places and values are numbers: a value
 * is the place of its cell in the guest's memory.
 */
import { markWrites } from '#engine/sandbox/barrier/host-writes.ts'
import { marksImport, type Marks } from '#engine/sandbox/barrier/lines.ts'
import { quickJsVariant } from '#engine/sandbox/wasm.ts'

/** The place of the cell that holds a value of the guest. */
export type Value = number

/** The functions of the binary that are used here. */
export interface Binary {
  callbacks: Callbacks
  _malloc(bytes: number): number
  _free(place: number): void
  _QTS_NewRuntime(): number
  _QTS_RuntimeSetMaxStackSize(runtime: number, bytes: number): void
  _QTS_RuntimeEnableInterruptHandler(runtime: number): void
  _QTS_NewContext(runtime: number, intrinsics: number): number
  _QTS_NewFunction(
    ...args: [number, name: number, length: number, isNew: number, id: number]
  ): Value
  _QTS_ArgvGetJSValueConstPointer(list: number, index: number): Value
  _QTS_Eval(...args: [number, code: number, bytes: number, file: number, number, number]): Value
  _QTS_Call(...args: [number, entry: Value, self: Value, count: number, list: number]): Value
  _QTS_ResolveException(context: number, value: Value): Value
  _QTS_IsJobPending(runtime: number): number
  _QTS_ExecutePendingJob(runtime: number, max: number, contextOut: number): Value
  _QTS_NewString(context: number, text: number): Value
  _QTS_GetString(context: number, value: Value): number
  _QTS_FreeCString(context: number, text: number): void
  _QTS_NewFloat64(context: number, value: number): Value
  _QTS_GetFloat64(context: number, value: Value): number
  _QTS_NewArrayBuffer(context: number, bytes: number, length: number): Value
  _QTS_GetArrayBuffer(context: number, value: Value): number
  _QTS_GetArrayBufferLength(context: number, value: Value): number
  _QTS_GetProp(context: number, value: Value, key: Value): Value
  _QTS_SetProp(context: number, value: Value, key: Value, to: Value): void
  _QTS_NewError(context: number): Value
  _QTS_Throw(context: number, error: Value): Value
  _QTS_Typeof(context: number, value: Value): number
  _QTS_GetUndefined(): Value
  _QTS_GetTrue(): Value
  _QTS_GetFalse(): Value
  _QTS_FreeValuePointer(context: number, value: Value): void
}

/** What the binary calls; its first argument is for a kind of binary that is not used here. */
export interface Callbacks {
  callFunction(...args: [unknown, number, Value, count: number, list: number, id: number]): Value
  shouldInterrupt(): number
  freeHostRef(): void
  loadModuleSource(): number
  normalizeModule(): number
}

type Load = (options: {
  readonly wasmMemory: WebAssembly.Memory
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => unknown,
  ) => object
}) => Promise<Binary>

/** Whether a compiled binary wants a memory for marks, which it notes its writes in. */
export function wantsMarks(wasmModule: WebAssembly.Module): boolean {
  return WebAssembly.Module.imports(wasmModule).some(({ module }) => module === marksImport.module)
}

/**
 * Loads the package's own JavaScript, which the first instance waits for otherwise; it takes
 * the time that the compiling of the binary takes.
 */
export async function loadGlue(): Promise<Load> {
  // The package's types say CommonJS, its module for `import` has the variant itself as default.
  const variant = quickJsVariant as unknown as { importModuleLoader(): Promise<Load> }
  return await variant.importModuleLoader()
}

/** An instance that owns `memory`, and writes to `marks` where it has them. */
export async function openBinary(
  wasmModule: WebAssembly.Module,
  memory: WebAssembly.Memory,
  marks?: Marks,
): Promise<Binary> {
  const load = await loadGlue()
  return await load({
    wasmMemory: memory,
    instantiateWasm: (imports, done) => {
      done(new WebAssembly.Instance(wasmModule, importsOf(imports, marks)))
      return {}
    },
  })
}

function importsOf(imports: WebAssembly.Imports, marks: Marks | undefined): WebAssembly.Imports {
  if (marks === undefined) return imports
  const { module, name } = marksImport
  return { ...markWrites(imports, marks), [module]: { [name]: marks.memory } }
}
