/**
 * The part of AssemblyScript's compiler that is used here. Its own types name the numbers
 * of its language as globals, which would be those of every file of ours.
 */
export function main(
  args: readonly string[],
  io: {
    readFile(name: string): string | null
    writeFile(name: string, content: Uint8Array | string): void
    listFiles(): null
    readonly stdout: { write(text: string): void }
    readonly stderr: { write(text: string): void }
  },
): Promise<{ readonly error: Error | null }>
