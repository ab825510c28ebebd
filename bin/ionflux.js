#!/usr/bin/env node
/* Starts ionflux, or says what to do on a Node.js that is too old. Every Node.js can read
   this file, so it is written in old JavaScript; what needs a new one is in start.js. */
'use strict'

var parts = process.versions.node.split('.')
var major = Number(parts[0])
var minor = Number(parts[1])

if (major > 24 || (major === 24 && minor >= 12)) {
  require('./start.js')
} else {
  process.stderr.write(
    'ionflux: Node.js 24.12 or newer is needed, and this is ' +
      process.versions.node +
      '.\n' +
      '  Install it from https://nodejs.org, or run once with:\n' +
      '  npx -y --package=node@24 --package=ionflux ionflux --help\n',
  )
  process.exitCode = 69
}
