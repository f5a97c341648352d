// Whatever the scene, the theme and the width: nothing that axe-core knows to be a barrier, nothing wider than the window, and
// everything within reach of the keyboard.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { begin } from './user.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const user = begin()
const { awake } = user

describe('for everybody', () => {
  const views = ['overview', 'sites', 'keys', 'activity', 'settings']
  const scenes = [
    ...views.flatMap((view) => [false, true].map((dark) => ['full', { view, dark }])),
    ...views.map((view) => ['empty', { view }]),
    ...views.map((view) => ['full', { view, width: 480, height: 800 }]),
    ...[false, true].map((dark) => ['question', { dark }]),
    ...[{}, { dark: true }, { width: 480 }].map((how) => ['stopped', how]),
    ['queue', { width: 480 }],
    ['locked', {}],
    ['no-keychain', { view: 'keys' }],
    ['gone', {}],
    ['gone', { dark: true }],
  ]
  for (const [scene, how] of scenes) {
    test(`${scene} ${JSON.stringify(how)}: no barrier that axe knows, and nothing wider than the window`, async () => {
      const page = await user.open(scene, how)
      if (scene === 'question') await awake()
      if (scene === 'full' && how.view === 'sites') await page.locator('main button[aria-expanded]').first().click()
      if (scene === 'full' && how.view === 'activity') await page.getByText('Show the numbers').click()
      await page.waitForTimeout(400) // colours that fade in are measured when they are there
      await page.evaluate(axe)
      const found = await page.evaluate(async () => (await window.axe.run()).violations)
      assert.deepEqual(
        found.map((v) => [v.id, v.nodes.map((n) => n.html + ' ' + n.failureSummary)]),
        [],
      )
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true)
    })
  }

  test('every view can be reached and left with the keyboard', async () => {
    const page = await user.open('full')
    for (const name of ['Sites', 'Keys', 'Activity', 'Settings', 'Overview']) {
      const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true })
      await link.focus()
      await page.keyboard.press('Enter')
      await page.waitForFunction((n) => document.querySelector('nav a[aria-current=page]')?.textContent.includes(n), name)
    }
  })
})
