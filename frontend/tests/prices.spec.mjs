// What models cost: to look up, to change, to restore.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { begin } from './user.mjs'

const user = begin()
const { button, calls, says } = user
const row = (model) => user.page.getByRole('row').filter({ has: user.page.getByText(model, { exact: true }) })

describe('prices', () => {
  test('are found by name, provider and who set them, with date and source', async () => {
    const page = await user.open('full', { view: 'settings' })
    await page.getByRole('link', { name: 'What models cost…' }).click()
    await page.getByRole('heading', { name: 'What models cost' }).waitFor()
    await page.getByText('22 models').waitFor()
    await page.getByLabel('Find a model').fill('SONNET')
    await page.getByText('1 model', { exact: true }).waitFor()
    const text = await row('claude-sonnet-4-5').textContent()
    for (const part of ['Anthropic', '$3.00', '$0.30', '$15.00', 'anthropic.example', '2025', 'into a cache $3.75'])
      assert.ok(text.includes(part), `${part} in ${text}`)
    await page.getByLabel('Find a model').fill('')
    await page.getByLabel('Show').selectOption('those that I set')
    await page.getByText('2 models').waitFor()
    await page.getByLabel('Show').selectOption('Mistral')
    await page.getByText('3 models').waitFor()
    await page.getByLabel('Find a model').fill('nothing like it')
    await page.getByText('No model fits.').waitFor()
  })

  test('one is changed: only what was changed is sent, and no nonsense', async () => {
    const page = await user.open('full', { view: 'prices' })
    await button('Change the price of gpt-4o').click()
    assert.equal(await page.getByLabel('Input', { exact: true }).inputValue(), '2.5')
    await page.getByLabel('Input', { exact: true }).fill('two')
    await button('Save').click()
    await page.getByText('Enter amounts, such as 1.25').waitFor()
    await page.getByLabel('Input', { exact: true }).fill('2.075')
    await button('Save').click()
    await says('The price of “gpt-4o” is set.')
    assert.deepEqual(await calls('setPrice'), [{ provider: 'openai', model: 'gpt-4o', rates: { input: 2_075_000 } }])
    await row('gpt-4o').getByText('$2.075').waitFor()
    assert.match(await row('gpt-4o').textContent(), /yours.*set by you.*\$2\.075/s)
  })

  test('one of one’s own is restored and forgotten, and each taken back', async () => {
    const page = await user.open('full', { view: 'prices' })
    await button('Restore the price of gpt-4o').waitFor({ state: 'detached' })
    await button('Change the price of gpt-4o').click()
    await page.getByLabel('Output', { exact: true }).fill('12')
    await button('Save').click()
    await button('Restore the price of gpt-4o').click()
    await says('gpt-4o costs again what Oaklock knows.')
    await button('Undo').click()
    await says('gpt-4o has your price again.')
    await button('Restore the price of gpt-4o').waitFor()
    assert.deepEqual((await calls('setPrice')).at(-1), { provider: 'openai', model: 'gpt-4o', rates: { output: 12_000_000 } })

    await button('Forget the price of qwen3-32b').click()
    await says('qwen3-32b has no price any more')
    await button('Undo').click()
    await says('qwen3-32b has your price again.')
    await button('Forget the price of qwen3-32b').waitFor()
    assert.deepEqual((await calls('setPrice')).at(-1), {
      provider: 'my-models',
      model: 'qwen3-32b',
      rates: { input: 0, output: 0 },
    })
  })

  test('one that nobody knows is set', async () => {
    const page = await user.open('full', { view: 'prices' })
    await button('Set a price').click()
    await page.getByLabel('Provider').selectOption('Groq')
    await page.getByLabel('Model', { exact: true }).fill('kimi-k9')
    await page.getByLabel('Input', { exact: true }).fill('1')
    await page.getByLabel('Output', { exact: true }).fill('3')
    await page.getByText('Sound, pictures, searches').click()
    await page.getByLabel('A search', { exact: true }).fill('0.01')
    await button('Save').click()
    await says('The price of “kimi-k9” is set.')
    assert.deepEqual((await calls('setPrice'))[0], {
      provider: 'groq',
      model: 'kimi-k9',
      rates: { input: 1_000_000, output: 3_000_000, search: 10_000 },
    })
    await button('Forget the price of kimi-k9').waitFor()
    await page.getByRole('link', { name: 'Settings', exact: true }).first().click()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })
})
