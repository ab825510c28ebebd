/**
 * How long this thread has worked. What has to be quick is measured in it: unlike the time
 * on the wall it does not grow with what else the machine does.
 */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
