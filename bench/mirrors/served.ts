/**
 * Many small repositories behind git's own server, in a process of its own, so that what the
 * watcher costs is counted alone. Prints its address; answers `GET /counted` with the
 * requests and the bytes that it sent since the last such question, and forgets what it knew.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const count = Number(process.argv[2] ?? '100')
const root = mkdtempSync(join(tmpdir(), 'ionflux-served-'))
let [requests, bytes] = [0, 0]

function git(cwd: string, args: readonly string[], input?: string): void {
  const { status, stderr } = spawnSync('git', args, { cwd, input, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Ten flows in twenty commits. */
function history(): string {
  const lines: string[] = []
  for (let i = 0; i < 20; i++) {
    const files = Array.from({ length: i === 0 ? 10 : 1 }, (_, n) => `f${(i + n) % 10}.flow.yaml`)
    lines.push('commit refs/heads/main')
    lines.push(`committer A <a@example.com> ${1_700_000_000 + i * 60} +0000`, 'data 1', 'c')
    for (const file of files) {
      const text = `dsl: flux/1\nid: ${file.slice(0, 2)}\nsteps:\n  - id: say\n    let: { n: ${i} }\n`
      lines.push(`M 644 inline ${file}`, `data ${text.length}`, text)
    }
  }
  return lines.join('\n') + '\n'
}

mkdirSync(join(root, 'r0.git'))
git(join(root, 'r0.git'), ['init', '-q', '--bare', '-b', 'main', '.'])
git(join(root, 'r0.git'), ['fast-import', '--quiet'], history())
git(join(root, 'r0.git'), ['repack', '-adq'])
for (let i = 1; i < count; i++)
  cpSync(join(root, 'r0.git'), join(root, `r${i}.git`), { recursive: true })

/** Answers that were given before: what a forge has in its memory. */
const known = new Map<string, Buffer>()

/** Of a list of refs, and of a pack beyond the first hundred: they are copies of one another. */
function keyOf(path: string, body: Buffer): string | undefined {
  const text = body.toString('latin1')
  const number = Number(/r(\d+)\.git/.exec(path)?.[1] ?? 0)
  if (number > 100) return text
  return text.includes('command=ls-refs') ? path + text : undefined
}

const server = createServer((request, response) => {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git')
  if (pathname === '/counted') {
    response.end(JSON.stringify({ requests, bytes }))
    ;[requests, bytes] = [0, 0]
    if (pathname + search === '/counted?forget') known.clear()
    return
  }
  requests++
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts)
    const key = keyOf(pathname, body)
    const again = key === undefined ? undefined : known.get(key)
    if (again !== undefined) return send(again)
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    child.stdin.on('error', () => {})
    child.stdin.end(body)
    const out: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.on('close', () => {
      const all = Buffer.concat(out)
      const payload = all.subarray(all.indexOf('\r\n\r\n') + 4)
      const type = /content-type: (.*)\r/i.exec(all.toString('latin1', 0, 500))?.[1]
      if (key !== undefined) known.set(key, payload)
      send(payload, type)
    })
  })
  function send(payload: Buffer, type = 'application/x-git-upload-pack-result'): void {
    bytes += payload.length
    response.writeHead(200, { 'content-type': type }).end(payload)
  }
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`http://127.0.0.1:${port} ${root}\n`)
})
process.on('SIGTERM', () => {
  rmSync(root, { recursive: true, force: true })
  process.exit(0)
})
