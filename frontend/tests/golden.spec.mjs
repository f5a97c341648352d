// Every screen looks as it did when somebody last looked at it, in both themes. "make golden" makes the pictures again where a
// change was meant; look at them before they are committed.

import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { start } from './browser.mjs'
import { apart, small } from './pictures.mjs'
import { enter, states, still } from './states.mjs'

const folder = new URL('golden/', import.meta.url).pathname
const wrong = new URL('../../build/tmp/golden/', import.meta.url).pathname
const isWriting = process.env.OAKLOCK_GOLDEN === 'write'

/** How much may differ: a letter that another version of the browser draws otherwise, but no word. */
const tolerance = 0.0008

const screens = [
  ...['full', 'empty', 'stopped', 'locked', 'paused', 'no-keychain'].map((scene) => `overview-${scene}`),
  ...['open', 'change', 'limits', 'paused', 'doubted', 'confirm', 'add'].map((what) => `sites-${what}`),
  ...['full', 'empty', 'add'].map((what) => `apps-${what}`),
  ...['full', 'no-keychain', 'add', 'limit', 'found', 'tested', 'failing'].map((what) => `keys-${what}`),
  ...['full', 'empty'].map((what) => `activity-${what}`),
  ...['full', 'limit', 'provider'].map((what) => `settings-${what}`),
  ...['full', 'change'].map((what) => `prices-${what}`),
  ...['question', 'question-queue', 'question-no-key', 'question-missed'],
  ...[1, 2, 3, 4].map((n) => `first-${n}`),
  ...['gone', 'broken'],
]

describe('golden pictures', () => {
  let rig
  let easel
  before(async () => {
    rig = await start({ FONTCONFIG_FILE: new URL('fonts.conf', import.meta.url).pathname })
    easel = await rig.open('empty')
    await rm(wrong, { recursive: true, force: true })
    await mkdir(isWriting ? folder : wrong, { recursive: true })
  })
  after(async () => rig?.stop())

  for (const name of screens) {
    test(name, async () => {
      const state = states.find((s) => s.name === name)
      const page = await enter(rig, state, { width: 960, height: 720, at: '2026-11-25T12:00:00Z' })
      const failed = []
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme })
        await still(page)
        await page.mouse.move(0, 0)
        const file = `${name}-${theme}.png`
        const taken = await page.screenshot()
        if (isWriting) {
          const known = await readFile(join(folder, file)).catch(() => null)
          // What nobody could tell apart stays as it is, so that a change shows only what it changes.
          if (!known || (await apart(easel, known, taken)) > tolerance / 10)
            await writeFile(join(folder, file), await small(easel, taken))
          continue
        }
        const share = await apart(easel, await readFile(join(folder, file)), taken)
        if (share <= tolerance) continue
        await writeFile(join(wrong, file), taken)
        failed.push(`${file}: ${(share * 100).toFixed(2)} % of it differ; what is there now is ${join(wrong, file)}`)
      }
      await page.context().close()
      assert.deepEqual(failed, [], 'if this is meant: make golden')
    })
  }

  test('there are no pictures of what there is no more', async () => {
    const wanted = screens.flatMap((name) => [`${name}-dark.png`, `${name}-light.png`]).sort()
    const there = (await readdir(folder)).sort()
    if (isWriting) await Promise.all(there.filter((f) => !wanted.includes(f)).map((f) => rm(join(folder, f))))
    else assert.deepEqual(there, wanted)
  })
})
