/**
 * Loaded before everything else of a process (`node --import`): its wall clock is ahead by
 * `SHIFT_MS`. So a test begins just before the minute that it waits for.
 */
const shift = Number(process.env['SHIFT_MS'] ?? 0)
const now = Date.now.bind(Date)
Date.now = () => now() + shift
