/**
 * What a reading thread sees of the environment: nothing but where Node.js keeps what it
 * compiled, so that in a checkout a thread does not strip and compile its files again.
 */
export function threadEnvironment(): NodeJS.ProcessEnv {
  const kept = process.env['NODE_COMPILE_CACHE']
  return kept === undefined ? {} : { NODE_COMPILE_CACHE: kept }
}
