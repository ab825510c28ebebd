/**
 * The far side of `isolated.ts`: one repository, opened and read in a thread of its own.
 *
 * Answers one message with one message, errors as data. It holds no policy.
 */
import { parentPort, workerData } from 'node:worker_threads'

import { IonError } from '#engine/core/error.ts'

import { openIsomorphic } from './git.ts'
import type { Answer, Question } from './isolated.ts'
import type { GitPort } from './port.ts'

const opened = openIsomorphic((workerData as { readonly dir: string }).dir)
// Each question reports this by itself; without a question it is nobody's error.
opened.catch(() => {})

parentPort?.on('message', (question: Question) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply))
})

async function answer({ id, name, args }: Question): Promise<Answer> {
  try {
    const git = await opened
    return { id, value: name === 'open' ? { root: git.root } : await ask(git, name, args) }
  } catch (error) {
    return { id, error: asData(error) }
  }
}

async function ask(git: GitPort, name: Question['name'], args: Question['args']): Promise<unknown> {
  if (name === 'readMany') {
    const found = await git.readMany(...(args as Parameters<GitPort['readMany']>))
    return found.map((item) => (item instanceof IonError ? { error: asData(item) } : item))
  }
  const method = git[name as 'log'] as (...all: readonly unknown[]) => Promise<unknown>
  return method(...args)
}

function asData(error: unknown): NonNullable<Answer['error']> {
  if (error instanceof IonError) return error.toFailure()
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'MIRROR_READ_FAILED', message: `The repository could not be read: ${message}.` }
}
