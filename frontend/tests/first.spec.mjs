// The first two minutes.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { begin } from './user.mjs'

const user = begin()
const { button, calls, says, dialog, awake } = user
const heading = (name) => user.page.getByRole('heading', { name, exact: true }).waitFor()
const step = (n) => user.page.getByText(`Step ${n} of 4`).waitFor()

describe('the first steps', () => {
  test('a key that works, the demo to its end, start at login; then they are over', async () => {
    const page = await user.open('first')
    await heading('Your keys, on your terms')
    await button('Continue').click()

    await heading('Add a key')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Add a key', 'a screen reader goes on here')
    await page.getByLabel('Provider').selectOption('OpenAI')
    await page.getByLabel('Key', { exact: true }).fill('sk-a-made-up-key-x7Qd')
    await button('Save key').click()
    await says('Works.')
    await says('ends in x7Qd')
    await says('Where you copied it from, it still is')
    assert.deepEqual(await calls('testKey'), [{ provider: 'openai', label: 'default' }])
    assert.equal((await page.content()).includes('made-up'), false)
    await button('Continue').click()

    await heading('Try it, without any key of yours')
    await button('Start the demo').click()
    await dialog().getByText('asks to use your Demo key').waitFor()
    await awake()
    await button('Allow').click()
    await says('That was the whole of it.')
    assert.equal((await calls('openDemo')).length, 1)
    await button('Continue').click()

    await heading('Be there when a page asks')
    await page.getByRole('switch', { name: 'Start when I log in' }).click()
    await button('Finish').click()
    await page.getByRole('heading', { name: 'Oaklock is on. No site may use your key yet.' }).waitFor()
    assert.equal((await calls('stopDemo')).length, 1, 'the demo is over')
    assert.deepEqual(await calls('setSetting'), [
      { name: 'first_steps', value: '2' },
      { name: 'first_steps', value: '3' },
      { name: 'first_steps', value: '4' },
      { name: 'autostart', value: 'on' },
      { name: 'first_steps', value: 'done' },
    ])
  })

  test('a key that the provider refuses is quoted, and can be passed over', async () => {
    const page = await user.open('first')
    await button('Continue').click()
    await page.getByLabel('Name', { exact: true }).fill('work') // the fake provider refuses keys of this name
    await page.getByLabel('Key', { exact: true }).fill('sk-a-made-up-key')
    await button('Save key').click()
    await says('The provider says:')
    assert.equal(await page.locator('q').textContent(), 'Incorrect API key provided: [redacted by Oaklock].')
    await button('Add another key').click()
    await page.getByLabel('Key', { exact: true }).waitFor()
    await button('Back').click()
    await step(1)
  })

  test('a key from a .env file moves in, with the sentence that says what stays behind', async () => {
    const page = await user.open('first', { query: 'first_steps=2' })
    await button('Look in the environment').click()
    await says('The variable stays set')
    await button('Look in a .env file…').click()
    await says('The lines in /home/me/projects/board/.env stay as they are')
    await says('VITE_OPENAI_API_KEY is a name that build tools put into the page itself')
    await page.getByText('already here').waitFor()
    await button('Take into Oaklock: the OpenAI key that ends in v8Zk').click()
    await says('here as env')
    await says('Works.')
    assert.deepEqual(await calls('importKey'), [{ id: 'file 0', label: '' }])
    await button('Continue').click()
    await page.waitForFunction(() => window.oaklockFake.calls.filter((c) => c.name === 'findKeys').at(-1).arg === '')
  })

  test('can be skipped step by step and as a whole, and shown again', async () => {
    const page = await user.open('first')
    for (const n of [1, 2, 3]) {
      await step(n)
      await button('Continue').click()
    }
    await step(4)
    await button('Skip the first steps').click()
    await page.getByRole('heading', { name: 'Oaklock is on, and has no key yet.' }).waitFor()
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await button('Show the first steps again').click()
    await step(1)
  })

  test('go on where they were when the window opens again, and do not stop whoever has keys', async () => {
    let page = await user.open('first', { query: 'first_steps=3' })
    await step(3)
    await page.context().close()
    page = await user.open('full', { query: 'first_steps=1' })
    await page.getByRole('heading', { name: /^Oaklock is on/ }).waitFor()
  })

  test('without a keychain, the place for keys comes first', async () => {
    const page = await user.open('no-keychain', { query: 'first_steps=2' })
    await heading('Add a key')
    await button('Use a protected file instead').click()
    await button('Use a file').click()
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
    await page.getByLabel('Once more').fill('correct horse')
    await button('Save').click()
    await page.getByLabel('Key', { exact: true }).waitFor()
  })
})
