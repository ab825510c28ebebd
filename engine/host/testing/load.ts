/**
 * From a test file to a suite that can run: reads it, loads the flow that it tests, and checks
 * the one against the other. It runs nothing.
 */
import { posix } from 'node:path'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { compileSchema, type Validator } from '#engine/core/schema.ts'
import { locate } from '#engine/dsl/check.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { digestOfPayload } from '#engine/durable/content.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { Loader } from '#engine/host/repository/load.ts'
import { worldOf } from '#engine/host/repository/world.ts'
import type { Plan } from '#engine/plan/plan.ts'
import { checkTest, checkTestShape, flowOf } from '#engine/testing/check.ts'
import type { TestFile } from '#engine/testing/file.ts'
import { outlineOf, type Outline } from '#engine/testing/outline.ts'
import type { Blobs } from '#engine/testing/suite.ts'

export interface LoadedTest {
  readonly file: string
  readonly document: Document
  /** Path of the flow that it tests, and its text. */
  readonly flow: Document
  /** Absent when there are errors. */
  readonly ready?: { readonly test: TestFile; readonly plan: Plan; readonly outline: Outline }
  /** Of the test file; those of the flow are told by the flow. */
  readonly problems: readonly Problem[]
  readonly flowProblems: readonly Problem[]
}

export interface TestPlace {
  readonly files: Files
  readonly loader: Loader
  /** Gets what runs of the flow need. */
  readonly blobs?: Blobs
}

/** Loads the test file at `file`. */
export async function loadTest(place: TestPlace, file: string): Promise<LoadedTest> {
  const { files, loader } = place
  const document = parseDocument({ file, text: files.readText(file) ?? '' })
  const path = posix.normalize(flowOf(file, document.value))
  const flow = parseDocument({ file: path, text: files.readText(path) ?? '' })
  const base = { file, document, flow, flowProblems: [] }
  const { test, problems } = checkTestShape(document)
  if (test === undefined) return { ...base, problems }
  if (files.readText(path) === undefined) {
    return { ...base, problems: [...problems, noFlow(files, document, path)] }
  }
  const { loaded, problems: flowProblems } = await loader.load({ id: '', file: path, files })
  const outline = outlineOf(flow.value)
  const checked = checkTest(document, test, { outline, outputCheck: outputsOf(place) })
  const told = { ...base, problems: [...checked.problems], flowProblems }
  if (loaded === undefined || hasErrors(checked.problems)) return told
  for (const bytes of loaded.blobs) place.blobs?.set(digestOfPayload(bytes), bytes)
  return { ...told, ready: { test, plan: loaded.plan, outline } }
}

function noFlow(files: Files, document: Document, path: string): Problem {
  const isWritten = document.value !== undefined && 'flow' in (document.value as JsonObject)
  const near = suggest(path, files.find(['**/*.flow.yaml']))
  const problem: Problem = {
    code: 'DSL_REFERENCE_UNKNOWN',
    severity: 'error',
    message: `There is no flow file "${path}" to test.`,
    at: isWritten ? '/flow' : '/dsl',
    help:
      near === undefined
        ? 'Name it relative to this file: flow: ./x.flow.yaml.'
        : `Did you mean "${near}"?`,
  }
  return locate(document, [problem])[0] ?? problem
}

/** What the actions of a repository say of their outputs, compiled once. */
function outputsOf({ loader, files }: TestPlace): (action: string) => Validator | undefined {
  const world = worldOf(loader.catalog, files)
  const known = new Map<string, Validator | undefined>()
  return (action) => {
    if (!known.has(action)) known.set(action, compiled(world.findAction(action)?.output))
    return known.get(action)
  }
}

/** A schema that does not compile is a problem of the plugin, and told there. */
function compiled(schema: Json | undefined): Validator | undefined {
  try {
    return schema === undefined ? undefined : compileSchema(schema as JsonObject)
  } catch {
    return undefined
  }
}
