import { expect, test } from 'vitest'
import { makeAppKey } from './appkey'

test('a key of an app has the form that the agent reads, and is another one each time', () => {
  const made = Array.from({ length: 500 }, makeAppKey)
  // 43 letters of unpadded base64url hold 32 bytes; of the last one only 16 of 64 letters can be (RFC 4648, section 3.5).
  for (const key of made) expect(key).toMatch(/^oaklock-app-[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  expect(new Set(made).size).toBe(500)
  expect(new Set(made.map((key) => key[12])).size).toBeGreaterThan(30)
})
