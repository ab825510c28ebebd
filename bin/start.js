/* Runs the built command line with the code cache of Node.js, so that a second start is faster. */
'use strict'

require('node:module').enableCompileCache()

void import('../dist/cli.js').then(async ({ main }) => {
  process.exit(await main(process.argv.slice(2)))
})
