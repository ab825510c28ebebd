/**
 * The error that every store of mirrors has for a name that is given already.
 */
import { IonError } from '#engine/core/error.ts'

export function nameTaken(name: string): IonError {
  return new IonError(
    'MIRROR_NAME_TAKEN',
    `A mirror is called "${name}" already. Give this one another name with --name.`,
    { data: { name } },
  )
}
