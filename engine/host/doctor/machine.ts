/** What this machine offers: ionflux itself, Node.js, git, a sandbox that runs code. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { installation, version } from '#engine/host/installation.ts'

import { broken, type Finding } from './finding.ts'

/** The findings, in the order in which they are read. */
export async function lookAtMachine(): Promise<readonly Finding[]> {
  const self = `${version()} in ${installation().root}`
  return [
    { name: 'ionflux', status: 'ok', text: self },
    nodeVersion(process.versions.node),
    await gitProgram(),
    await sandbox(),
  ]
}

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > 24 || (major === 24 && minor >= 12)
  const text = `v${version} at ${process.execPath}`
  return isEnough
    ? { name: 'node', status: 'ok', text }
    : { name: 'node', status: 'error', text, help: 'ionflux needs Node.js 24.12 or newer.' }
}

async function gitProgram(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 5_000 })
    return { name: 'git', status: 'ok', text: stdout.trim() }
  } catch {
    const help = 'Flows run without it; large repositories are read faster with it.'
    return { name: 'git', status: 'warning', text: 'no git program found', help }
  }
}

/** Compiles the engine that code runs in: a file that is missing or cut is found here. */
async function sandbox(): Promise<Finding> {
  const name = 'sandbox'
  try {
    const { compileQuickJs, readImage } = await import('#engine/sandbox/wasm.ts')
    await Promise.all([compileQuickJs(), readImage()])
    return { name, status: 'ok', text: 'transforms and plugins can run' }
  } catch (thrown) {
    return broken(name, thrown, 'Install ionflux anew: its files are not complete.')
  }
}
