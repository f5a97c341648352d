// What every test of the pages begins with: a user in front of the built interface, in a real browser and under the window's own
// content security policy. The host behind the door is the fake one.

import assert from 'node:assert/strict'
import { after, afterEach, before } from 'node:test'
import { start } from './browser.mjs'

/** Sets the tests of a file up. user.page is the page that the test under way has opened. */
export function begin() {
  let rig
  const user = {
    page: undefined,
    async open(scene, how) {
      return (user.page = await rig.open(scene, how))
    },
    /** The arguments of every call that the page made through its door. */
    calls: (name) => user.page.evaluate((n) => window.oaklockFake.calls.filter((c) => c.name === n).map((c) => c.arg), name),
    button: (name) => user.page.getByRole('button', { name, exact: true }),
    says: (text) => user.page.getByText(text).first().waitFor(),
    dialog: () => user.page.getByRole('dialog'),
    /** Waits until Allow is awake. */
    awake: (name = 'Allow') =>
      user.page.waitForFunction(
        (n) => [...document.querySelectorAll('dialog button')].some((b) => b.textContent.trim() === n && !b.disabled),
        name,
      ),
  }
  before(async () => (rig = await start()))
  after(async () => rig?.stop())
  afterEach(async () => {
    const complaints = user.page?.complaints
    await user.page?.context().close()
    user.page = undefined
    assert.deepEqual(complaints ?? [], [], 'the browser complained')
  })
  return user
}
