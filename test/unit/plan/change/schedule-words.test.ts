import { expect, test } from 'vitest'

import { firesPerYear, scheduleWords } from '#engine/plan/change/schedule-words.ts'

test.each([
  ['*/5 * * * *', 'every 5 minutes, UTC; 288 times a day'],
  ['* * * * *', 'every minute, UTC; 1440 times a day'],
  ['0 * * * *', 'every hour at :00, UTC; 24 times a day'],
  ['30 */6 * * *', 'every 6 hours at :30, UTC; 4 times a day'],
  ['0 9 * * *', 'at 09:00, UTC; once a day'],
  ['0 9 * * 1-5', 'at 09:00 on Monday to Friday, UTC; 5 times a week'],
  ['0 9,17 * * mon,wed', 'at 09:00, 17:00 on Monday, Wednesday, UTC; 4 times a week'],
  ['0 0 1 * *', 'at 00:00 on day 1 of the month, UTC; 12 times a year'],
  ['0 0 1 1 *', 'at 00:00 on day 1 of the month in jan, UTC; once a year'],
  ['0-9 3 * * *', '10 times between 03:00 and 03:09, UTC; 10 times a day'],
  ['not a cron', 'not a cron'],
])('%s fires %s', (cron, words) => {
  expect(scheduleWords(cron)).toBe(words)
})

test('a day of the month and a weekday together fire on either', () => {
  // 12 firsts and 52 Mondays of 365 days from a Monday, less the firsts that are Mondays.
  expect(firesPerYear('0 0 1 * 1')).toBe(12 + 53 - 2)
  expect(firesPerYear('61 * * * *')).toBeUndefined()
})
