// Writes a picture of every view into a folder; with more arguments only of those whose names begin so. The pictures of the
// documentation are of the real window: make pictures.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { start } from './browser.mjs'

const [folder, ...only] = process.argv.slice(2)
if (!folder) {
  console.error('usage: npm run screenshots FOLDER [NAME...]')
  process.exit(2)
}
await mkdir(folder, { recursive: true })

const views = ['overview', 'sites', 'keys', 'activity', 'settings']
const all = [
  ...[false, true].flatMap((dark) => [
    ...views.map((view) => [
      `${view}-${dark ? 'dark' : 'light'}`,
      'full',
      { view, dark, prepare: view === 'sites' ? openFirstSite : undefined },
    ]),
    [`queue-${dark ? 'dark' : 'light'}`, 'queue', { dark }],
  ]),
  ...views.map((view) => [`${view}-narrow`, 'full', { view, width: 480, height: 860 }]),
  ...views.map((view) => [`${view}-empty`, 'empty', { view }]),
  ['apps', 'full', { view: 'apps' }],
  ['prices', 'full', { view: 'prices' }],
  ['prices-narrow', 'full', { view: 'prices', width: 480, height: 860 }],
  ['apps-dark', 'full', { view: 'apps', dark: true }],
  ['apps-empty', 'empty', { view: 'apps' }],
  ['sites-doubted', 'doubted', { view: 'sites', prepare: openFirstSite }],
  ['sites-stopped', 'stopped', { view: 'sites' }],
  ...[false, true].map((dark) => [`stopped-${dark ? 'dark' : 'light'}`, 'stopped', { dark, height: 1500 }]),
  ['stopped-narrow', 'stopped', { width: 480, height: 1900 }],
  ['stopped-spanish', 'stopped', { height: 1500, locale: 'es-ES' }],
  ...[false, true].map((dark) => [`activity-log-${dark ? 'dark' : 'light'}`, 'full', { view: 'activity', dark, prepare: toLog }]),
  ['activity-log-narrow', 'full', { view: 'activity', width: 480, height: 860, prepare: toLog }],
  ['activity-numbers', 'full', { view: 'activity', height: 1300, prepare: openNumbers }],
  ['activity-spanish', 'full', { view: 'activity', height: 1300, locale: 'es-ES' }],
  ['question', 'question', {}],
  ['question-narrow', 'question', { width: 480 }],
  ['locked', 'locked', {}],
  ['paused', 'paused', {}],
  ['no-keychain', 'no-keychain', { view: 'keys' }],
  ['gone', 'gone', {}],
  ['gone-dark', 'gone', { dark: true }],
  ['broken', 'broken', {}],
]

async function toLog(page) {
  await page.getByRole('heading', { name: 'Requests' }).evaluate((h) => h.scrollIntoView())
}

async function openNumbers(page) {
  await page.locator('.costs').getByText('Model', { exact: true }).click()
  await page.getByText('Show the numbers').click()
}

async function openFirstSite(page) {
  await page.locator('main button[aria-expanded]').first().click()
}

const rig = await start()
try {
  for (const [name, scene, { prepare, ...how }] of all) {
    if (only.length && !only.some((begin) => name.startsWith(begin))) continue
    const page = await rig.open(scene, how)
    await page.waitForTimeout(900) // Allow is awake in the picture
    await prepare?.(page)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    if (page.complaints.length) console.error(name, page.complaints)
    await page.context().close()
  }
} finally {
  await rig.stop()
}
