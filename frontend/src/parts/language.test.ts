import { afterEach, expect, it, vi } from 'vitest'

const says = (value: string) => Object.defineProperty(navigator, 'language', { configurable: true, value })

afterEach(() => {
  Reflect.deleteProperty(navigator, 'language')
  vi.resetModules()
})

it('lets the chart load where the system has no language', async () => {
  says('C')
  expect(() => new Intl.NumberFormat(navigator.language)).toThrow(RangeError) // what uPlot would do
  await import('./language')
  expect(navigator.language).toBe('en')
  await expect(import('uplot')).resolves.toBeDefined()
})

it('leaves a language as it is', async () => {
  says('es-MX')
  await import('./language')
  expect(navigator.language).toBe('es-MX')
})
