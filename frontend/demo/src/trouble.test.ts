import { expect, test } from 'vitest'
import { troubleOf } from './trouble'
import { troubles } from './words'

// As the clients wrap Oaklock's refusals (internal/proxy): with their code, or with the status alone.
const coded = (status: number, code: string, message: string) =>
  Object.assign(new Error(`${status} ${message}`), { status, error: { type: 'oaklock_error', code, message } })

const tooBig =
  'This request can take $0.002, which is more than the user\u2019s whole limit for this site of $0.001 a day. Ask for a shorter answer, or ask the user to raise the limit in Oaklock.'
const usedUp =
  'The user\u2019s limit for this site of $1.00 a day does not leave enough. Used so far: $0.999. This request can take $0.002.'

test.each([
  ['a limit that is less than one request', coded(402, 'budget_exhausted', tooBig), 'too_big'],
  ['the same, from a client that drops the code', new Error(`[402 ] ${tooBig}`), 'too_big'],
  ['a limit that is used up', coded(402, 'budget_exhausted', usedUp), 'limit'],
  ['a model that is not allowed', coded(403, 'model_denied', 'This site is not allowed this model; the user can widen it in Oaklock.'), 'model'],
  ['the same, from a client that drops the code', new Error('[403 ] This site is not allowed this model; the user can widen it in Oaklock.'), 'model'],
  ['a site that is not allowed', coded(403, 'consent_denied', 'The user has said no.'), 'denied'],
] as const)('%s', (_, error, trouble) => {
  expect(troubleOf(error, 'granted')).toBe(trouble)
})

test('a limit that is too small is not called used up', () => {
  expect(troubles.too_big.text).not.toContain('used up')
  expect(troubles.model.text).toContain('model')
})
