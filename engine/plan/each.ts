/**
 * Compiles `each`: over a list, and over pages that a call gives one after the other.
 *
 * Pages need no kind of step of their own: a loop fetches a page, keeps what leads to the
 * next one and goes through the items; the items of all pages become one list.
 */
import { limits } from '#engine/core/limits.ts'
import { withNames } from '#engine/dsl/pages/names.ts'
import type { Each, EachPages } from '#engine/dsl/flow.ts'
import type { Template } from '#engine/dsl/template.ts'

import { use } from './calls.ts'
import { type Compiler, type Made, template } from './compiling.ts'
import type { Block, EachStep } from './plan.ts'
import { limitOf, retryOf } from './timing.ts'

interface Place<E> {
  readonly each: E
  /** Pointer of the step. */
  readonly path: string
  /** The steps for one item. */
  readonly body: Block
}

export function each(at: Compiler, { each: how, path, body }: Place<Each>): Made<'each'> {
  return { kind: 'each', in: template(at, how.in, `${path}/each/in`), ...manner(how), body }
}

function manner(how: Each | EachPages): Pick<EachStep, 'as' | 'concurrency' | 'onError'> {
  return {
    as: how.as ?? 'item',
    concurrency: how.concurrency ?? limits.eachConcurrencyDefault,
    onError: how.on_error ?? 'fail',
  }
}

// Ids that no author can write, so that they hide no step of theirs.
const [page, next, items] = ['get-page', 'next-page', 'each-item']
const names = { cursor: 'turn.previous', page: `steps["${page}"].output` }
const goesOn =
  'turn.index == 0 || (turn.previous != null && turn.previous != "" && turn.previous != false)'

export function pages(at: Compiler, { each: how, path, body }: Place<EachPages>): Made<'while'> {
  const here = `${path}/each/pages`
  const { use: name, with: given, retry, timeout } = how.pages
  const see = (value: EachPages['pages']['next'], key: string): Template =>
    withNames(template(at, value, `${here}/${key}`), names)
  const written = { id: page, use: name, ...(given === undefined ? {} : { with: given }) }
  const call = use(at, { step: written, path: here })
  const asked = call.with === undefined ? {} : { with: withNames(call.with, names) }
  return {
    kind: 'while',
    when: { kind: 'expression', source: goesOn },
    max: how.pages.max ?? limits.pagesDefault,
    gather: { carry: next },
    body: {
      steps: [
        { id: page, ...call, ...asked, ...retryOf(retry), ...limitOf(timeout) },
        { id: next, kind: 'let', value: see(how.pages.next, 'next') },
        { id: items, kind: 'each', in: see(how.pages.items, 'items'), ...manner(how), body },
      ],
    },
  }
}
