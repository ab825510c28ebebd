/**
 * What the file system refuses, told as what it is: nobody's defect, but a path that cannot
 * be used. Commands let such an error pass; the one place that tells errors asks here.
 */
import { IonError } from '#engine/core/error.ts'

/** Why, and what to do; a code that is missing here is a defect like any other. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission was denied. Check its permissions, or choose another place.',
  EPERM: 'this is not permitted. Check its permissions, or choose another place.',
  EROFS: 'the file system is read-only. Choose another place.',
  ENOSPC: 'the disk is full. Make room and call again.',
  EDQUOT: 'the quota of this user is used up. Make room and call again.',
  EISDIR: 'it is a folder. Name a file.',
  ENOTDIR: 'a part of the path is a file. Name another path.',
  EEXIST: 'there is something in its place already. Name another path.',
  ENOENT: 'a part of the path does not exist. Check the path.',
  ELOOP: 'its links lead in a circle. Name another path.',
  ENAMETOOLONG: 'the name is too long. Name a shorter one.',
}

/**
 * `thrown` as `CLI_FILE_UNREADABLE` where the file system refused a path or has no room;
 * undefined for anything else, such as a program that could not be started.
 *
 * @example refusalOf(eacces)?.message // '"/srv/flows/a.flow.yaml" cannot be opened: permission …'
 */
export function refusalOf(thrown: unknown): IonError | undefined {
  if (!(thrown instanceof Error) || thrown instanceof IonError) return undefined
  const {
    code = '',
    syscall = '',
    path,
    dest,
  } = thrown as NodeJS.ErrnoException & {
    readonly dest?: string
  }
  const reason = reasons[code]
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  if (reason === undefined || /^(?:spawn|kill|connect|listen)/.test(syscall)) return undefined
  const place = dest ?? path
  if (typeof place !== 'string' && !isFull) return undefined
  const what = typeof place === 'string' ? `"${place}"` : 'A file'
  const message = `${what} cannot be ${verbs[syscall] ?? 'written'}: ${reason}`
  const data = typeof place === 'string' ? { path: place, system: code } : { system: code }
  return new IonError('CLI_FILE_UNREADABLE', message, { data, cause: thrown })
}

const verbs: Readonly<Record<string, string>> = {
  mkdir: 'made',
  open: 'opened',
  read: 'read',
  scandir: 'read',
  stat: 'looked at',
  lstat: 'looked at',
  unlink: 'removed',
  rmdir: 'removed',
}
