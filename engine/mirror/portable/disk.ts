/**
 * The file system as isomorphic-git sees it: reading only, and without the thread pool.
 *
 * The library asks the disk several times per object; a synchronous answer is four times
 * quicker, and blocks only the thread that `isolated.ts` gives it. Writing does not
 * exist here: what is written goes its own way, ref by ref (`write/portable.ts`).
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync, type Stats } from 'node:fs'

type Options = BufferEncoding | { readonly encoding?: BufferEncoding }

async function refuse(): Promise<never> {
  throw new Error('the repository is open for reading only')
}

export const disk = {
  promises: {
    readFile: async (path: string, options?: Options): Promise<Uint8Array | string> =>
      readFileSync(path, options as BufferEncoding),
    readdir: async (path: string): Promise<string[]> => readdirSync(path),
    stat: async (path: string): Promise<Stats> => statSync(path),
    lstat: async (path: string): Promise<Stats> => lstatSync(path),
    readlink: async (path: string): Promise<string> => readlinkSync(path),
    writeFile: refuse,
    mkdir: refuse,
    rmdir: refuse,
    unlink: refuse,
    symlink: refuse,
    chmod: refuse,
  },
}
