// What a user sees of the money, and does about it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { begin } from './user.mjs'

const user = begin()
const { button, calls, says, dialog } = user

/** What stands in the card of a stopped site. */
const card = (text) => user.page.locator('main li', { hasText: text })

describe('overview', () => {
  test('today’s cost, and what runs with its cost so far, which grows by itself', async () => {
    const page = await user.open('full')
    const today = page.locator('section', { has: page.getByRole('heading', { name: 'Today' }) })
    const { today: told } = await page.evaluate(() => window.oaklockFake.state())
    assert.ok(told.cost > 0)
    const exact = `$${(told.cost / 1e6).toFixed(6).replace(/0{1,4}$/, '')}`
    await today.getByText(exact, { exact: true }).waitFor()
    await today.getByRole('meter', { name: 'Over everything' }).waitFor()

    const running = page.locator('section', { has: page.getByRole('heading', { name: 'Happening now' }) })
    await running.getByText('$0.00231 so far').waitFor()
    await running.getByText('at most $0.0246').waitFor()
    await page.evaluate(() => window.oaklockFake.grow('r-1', 4_000))
    await running.getByText('$0.00631 so far').waitFor()
    await button('Stop the request of https://board.kaiban.example').click()
    await page.getByText('No request is being answered right now.').waitFor()
    assert.deepEqual(await calls('stopRunning'), ['r-1'])
    // With nothing under way nothing is asked for.
    await page.waitForTimeout(300)
    const before = (await calls('state')).length
    await page.waitForTimeout(1500)
    assert.equal((await calls('state')).length, before)
  })

  test('a limit is raised with one click, and lowered again with another', async () => {
    await user.open('stopped')
    const stopped = card('has come to its limit of $1.00 a day for OpenAI.')
    await stopped.getByText('$0.95421 of $1.00 a day').waitFor()
    await stopped.getByText(/^\$0\.0246 reserved · \$0\.02119 left · resets in /).waitFor()
    await stopped.getByText('the next request can take $0.08192').waitFor()
    await button('Raise to $2.00 a day the limit that stopped https://board.kaiban.example').click()
    await says('Raised to $2.00 a day.')
    await stopped.waitFor({ state: 'detached' })
    await button('Undo').click()
    await says('The limit is $1.00 a day again.')
    await stopped.waitFor()
    const to = (n) => ({
      scope: 'site',
      origin: 'https://board.kaiban.example',
      provider: 'openai',
      credential: '',
      limit: 'costDay',
      to: n,
    })
    assert.deepEqual(await calls('raiseLimit'), [to(2_000_000), to(1_000_000)])

    await button('Raise to $40.00 a month the limit that stopped https://board.kaiban.example').click()
    await says('Raised to $40.00 a month.')
    const last = (await calls('raiseLimit')).at(-1)
    assert.deepEqual([last.scope, last.provider, last.credential, last.to], ['key', 'anthropic', 'default', 40_000_000])
  })

  test('a notification’s Open leads to what it is about, once', async () => {
    const page = await user.open('stopped', { view: 'sites' })
    const show = () => page.evaluate(() => window.oaklockFake.show())
    const heading = page.getByRole('heading', { name: 'Stopped until you decide' })
    await page.locator('nav .badge', { hasText: '5' }).waitFor()
    await button('Add a site').click()
    await show()
    await page.evaluate(() => window.oaklockFake.quiet())
    await dialog().waitFor() // what the user is in the middle of stays
    await button('Cancel').click()
    await show()
    await heading.waitFor()
    await button('Raise to $2.00 a day the limit that stopped https://board.kaiban.example').click()
    await says('Raised to $2.00 a day.')
    await page.locator('nav .badge', { hasText: '4' }).waitFor()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Keys', exact: true }).click()
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    await show()
    await page.evaluate(() => window.oaklockFake.quiet())
    assert.equal(await heading.count(), 0)
  })

  test('a site that ran away is let go on, or blocked and unblocked', async () => {
    const page = await user.open('stopped')
    const paused = card('was paused because it ran away.')
    await paused.getByText('It sent 34 nearly equal requests within a minute · $0.4182 in that minute').waitFor()
    await button('Block https://swarm.example').click()
    await says('https://swarm.example is blocked.')
    await paused.waitFor({ state: 'detached' })
    assert.deepEqual(await calls('blockSite'), [{ origin: 'https://swarm.example', provider: '' }])
    await button('Undo').click()
    await says('https://swarm.example is as it was.')
    assert.deepEqual((await calls('allowSite'))[0].providers, ['openai'])

    await page.reload()
    await button('Let it go on: https://swarm.example').click()
    await says('https://swarm.example goes on.')
    await paused.waitFor({ state: 'detached' })
    assert.deepEqual(await calls('resumeSite'), [{ origin: 'https://swarm.example', provider: '' }])
  })

  test('a model without a price is allowed under a limit in tokens', async () => {
    const page = await user.open('stopped')
    await card('whose price Oaklock does not know').getByText('set its price, or change the limit to one in tokens').waitFor()
    await button('Change what https://research.acorns.example may do with Google').click()
    await page.getByLabel('Limit', { exact: true }).selectOption('Other…')
    await page.getByLabel('Limit in').selectOption('Tokens')
    await page.getByLabel('Amount in tokens').fill('many')
    await button('Save').click()
    await page.getByText('Enter a whole number above zero').waitFor()
    await page.getByLabel('Amount in tokens').fill('100,000')
    await button('Save').click()
    await says('Changed. It holds from the next request on.')
    const { limits } = (await calls('allowSite'))[0].terms
    assert.deepEqual([limits.costDay, limits.tokensDay], [0, 100_000])
  })

  test('a key is limited over all sites: what is no limit is not sent, the rest holds', async () => {
    const page = await user.open('full', { view: 'keys' })
    const key = page.locator('main li', { hasText: 'Anthropic' })
    const field = (name) => dialog().getByLabel(name, { exact: true })
    await button('Limit the Anthropic key default').click()
    await dialog().getByText('What all sites together may take of this key.').waitFor()
    await dialog().getByRole('meter', { name: 'The Anthropic key default, all sites together' }).waitFor()
    assert.equal(await field('Dollars a month').inputValue(), '20')
    await field('Dollars a week').fill('much')
    await button('Save').click()
    await dialog().getByRole('alert').getByText('Dollars a week: Enter an amount above zero').waitFor()
    assert.deepEqual(await calls('limitKey'), [])
    await field('Dollars a week').fill('')
    await field('Dollars a month').fill('')
    await field('Dollars a day').fill('5.5')
    await field('Requests at once').fill('3')
    await field('Tokens of one answer').fill('2,000')
    await button('Save').click()
    await says('Changed. It holds from the next request on.')
    await dialog().waitFor({ state: 'detached' })
    await key.getByText(/ of \$5\.50 a day$/).waitFor()
    await key.getByText(/ of 3 at once$/).waitFor()
    await key.getByText('at most 2,000 tokens an answer').waitFor()
    await key.getByText('a month').waitFor({ state: 'detached' })
    const none = { costWeek: 0, costMonth: 0, tokensDay: 0, tokensWeek: 0, tokensMonth: 0, requestsPerMinute: 0 }
    const limits = { ...none, costDay: 5_500_000, atOnce: 3, outputTokens: 2000 }
    assert.deepEqual(await calls('limitKey'), [{ provider: 'anthropic', label: 'default', limits }])

    await button('Limit the Anthropic key default').click()
    assert.equal(await field('Tokens of one answer').inputValue(), '2000')
    for (const name of ['Dollars a day', 'Requests at once', 'Tokens of one answer']) await field(name).fill('')
    await button('Save').click()
    await dialog().waitFor({ state: 'detached' })
    await key.getByRole('meter').first().waitFor({ state: 'detached' })
  })

  test('everything is limited in the settings, and seen in the overview', async () => {
    const page = await user.open('full', { view: 'settings' })
    const open = () => button('Limit what all sites together may take').click()
    const row = page.locator('.setting', { hasText: 'The most that all sites together may take' })
    await row.getByText('$60.00 a month', { exact: true }).waitFor()
    await open()
    await dialog().getByRole('meter', { name: 'Over everything' }).waitFor()
    await dialog().getByLabel('Dollars a month', { exact: true }).fill('75')
    await dialog().getByLabel('Requests a minute', { exact: true }).fill('120')
    await button('Save').click()
    await row.getByText('$75.00 a month, 120 requests a minute', { exact: true }).waitFor()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click()
    await page.getByText(/ of 120 requests a minute$/).waitFor()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click()
    await open()
    for (const name of ['Dollars a month', 'Requests a minute']) await dialog().getByLabel(name, { exact: true }).fill('')
    await button('Save').click()
    await row.getByText('no limit', { exact: true }).waitFor()
    assert.deepEqual(await calls('setSetting'), [
      { name: 'limit', value: '75.00/month, 120requests/minute' },
      { name: 'limit', value: 'off' },
    ])
  })

  test('what a key’s limit has stopped is changed where it is said', async () => {
    await user.open('stopped')
    await card('was stopped by the limit of your Anthropic key “default”')
      .getByRole('button', { name: /^Change/ })
      .click()
    await dialog().getByLabel('Dollars a month', { exact: true }).fill('25')
    await button('Save').click()
    await says('Changed. It holds from the next request on.')
    const [{ limits }] = await calls('limitKey')
    assert.equal(limits.costMonth, 25_000_000)
  })

  test('a site gets several limits at once', async () => {
    const page = await user.open('full', { view: 'sites' })
    await page.locator('main li button[aria-expanded]').first().click()
    await button('Change what it may do with OpenAI').click()
    await page.getByLabel('Limit', { exact: true }).selectOption('Several limits…')
    await page.getByLabel('Tokens a week', { exact: true }).fill('some')
    await button('Save').click()
    await says('Tokens a week: Enter a whole number above zero')
    await page.getByLabel('Tokens a week', { exact: true }).fill('250,000')
    await page.getByLabel('Requests at once', { exact: true }).fill('2')
    await button('Save').click()
    await says('Changed. It holds from the next request on.')
    const { limits } = (await calls('allowSite'))[0].terms
    assert.deepEqual([limits.tokensWeek, limits.atOnce], [250_000, 2])
    assert.ok(limits.costDay + limits.costWeek > 0, 'what was there stays')
  })

  test('limits of sites and keys show how much is used', async () => {
    const page = await user.open('full', { view: 'keys' })
    const month = page.getByRole('meter', { name: 'The Anthropic key default, all sites together' })
    assert.match(await month.getAttribute('aria-valuetext'), /^\$\d+\.\d+ of \$20\.00 a month, .*left, resets in /)
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sites', exact: true }).click()
    await page.locator('main button[aria-expanded]').first().click()
    await page.getByRole('meter', { name: 'OpenAI' }).waitFor()
  })

  test('a model without a price gets one; what is no amount is not sent', async () => {
    const page = await user.open('stopped')
    await button('Set its price: gemini-next-preview').click()
    await dialog().getByText('The price of this model of Google:').waitFor()
    await page.getByLabel('It reads (input)').fill('cheap')
    await page.getByLabel('It writes (output)').fill('5')
    await button('Save').click()
    await page.getByText('Enter both as amounts').waitFor()
    await page.getByLabel('It reads (input)').fill('0.075')
    await button('Save').click()
    await says('The price of “gemini-next-preview” is set.')
    await card('whose price Oaklock does not know').waitFor({ state: 'detached' })
    assert.deepEqual(await calls('setPrice'), [
      { provider: 'google', model: 'gemini-next-preview', rates: { input: 75_000, output: 5_000_000 } },
    ])
  })
})

describe('activity', () => {
  const costs = () => user.page.locator('section', { has: user.page.getByRole('heading', { name: 'Cost per day' }) })
  const amount = () => costs().locator('.amount')
  /** Dollars as the window writes them. */
  const dollars = (n) => `$${(n / 1e6).toFixed(6).replace(/0{1,4}$/, '')}`
  const usage = (filter) =>
    user.page.evaluate((f) => window.oaklockFake.usage({ origin: '', provider: '', model: '', until: 0, ...f }), filter)

  test('what the days cost, by site, provider and model, and for how long', async () => {
    const page = await user.open('full', { view: 'activity' })
    const since = (days) => Date.now() - days * 86_400_000
    const sums = await usage({ by: ['site'], since: since(30) })
    await amount()
      .getByText(dollars(sums.reduce((n, s) => n + s.cost, 0)))
      .waitFor()
    for (const s of sums.filter((one) => one.requests)) {
      const line = costs().locator('li', { hasText: s.origin })
      await line.getByText(dollars(s.cost), { exact: true }).waitFor()
    }
    await costs().getByText('Model', { exact: true }).click()
    const models = await usage({ by: ['model'], since: since(30) })
    for (const s of models.filter((one) => one.requests)) {
      const line = costs().locator('li', { has: page.getByText(s.model, { exact: true }) })
      await line.getByText(dollars(s.cost), { exact: true }).waitFor()
    }
    await costs().getByText('Provider', { exact: true }).click()
    await costs().locator('li', { hasText: 'Anthropic' }).waitFor()
    await costs().getByText('7 days', { exact: true }).click()
    const [week] = await usage({ by: [], since: since(7) })
    await amount().getByText(dollars(week.cost)).waitFor()
    // A picture is drawn: not every point of it is the same.
    const colours = await costs()
      .locator('canvas')
      .evaluate((c) => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)
    assert.ok(colours > 3, `${colours} colours`)
  })

  test('the numbers behind the picture, and from a day to its requests', async () => {
    const page = await user.open('full', { view: 'activity' })
    await costs().getByText('Show the numbers').click()
    const [today] = (await usage({ by: ['day'], since: Date.now() })).slice(-1)
    const row = costs().locator('tbody tr').first()
    await row.getByText(dollars(today.cost), { exact: true }).first().waitFor()
    const day = await row.getByRole('button').textContent()
    await row.getByRole('button').click()
    await page.waitForFunction(() => document.activeElement?.textContent === 'Requests')
    assert.equal(await page.getByLabel('When').locator('option:checked').textContent(), day)
    const { since, until } = (await calls('log')).at(-1)
    assert.equal(until - since, 86_400_000)
  })

  test('a bar under the pointer says its day, and a click leads to its requests', async () => {
    const page = await user.open('full', { view: 'activity' })
    const chart = costs().locator('.u-over')
    const { width, height } = await chart.boundingBox()
    await chart.hover({ position: { x: width - width / 62, y: height / 2 } })
    const [today] = (await usage({ by: ['day'], since: Date.now() })).slice(-1)
    await amount().getByText(dollars(today.cost), { exact: true }).waitFor()
    await chart.click({ position: { x: width - width / 62, y: height / 2 } })
    await button('Show everything').waitFor()
    await button('Show everything').click()
    await button('Show everything').waitFor({ state: 'detached' })
    assert.equal(await page.getByLabel('When').inputValue(), '')
  })

  test('filters, what was refused and why, and page by page', async () => {
    const page = await user.open('full', { view: 'activity' })
    const rows = page.locator('[aria-label="Requests, newest first"] tbody tr')
    await rows.nth(99).waitFor()
    assert.equal(await rows.count(), 100)
    const first = await rows.first().textContent()
    await button('Older').click()
    await page.getByText('Page 2').waitFor()
    assert.notEqual(await rows.first().textContent(), first)
    await page.waitForFunction(() => document.activeElement?.textContent === 'Requests')
    await button('Newer').click()
    await page.getByText('Page 1').waitFor()
    assert.equal(await rows.first().textContent(), first)

    await page.getByLabel('Site', { exact: true }).last().selectOption('https://pushy.example')
    await page.waitForFunction(() =>
      [...document.querySelectorAll('tbody .site')].every((td) => td.textContent.trim() === 'https://pushy.example'),
    )
    await rows.filter({ hasText: 'Refused: you denied this site · 14 times' }).first().waitFor()
    await page.getByLabel('What happened').selectOption('Refused: nobody answered in time')
    await page.waitForFunction(() =>
      [...document.querySelectorAll('tbody .what')].every((td) => td.textContent.includes('nobody answered in time')),
    )
    await page.getByLabel('Provider', { exact: true }).last().selectOption('Mistral')
    await page.getByText('No request fits these filters.').waitFor()
    await button('Show everything').click()
    await page.getByLabel('What happened').selectOption('Refused by Oaklock')
    await rows.filter({ hasText: 'Refused: the limit is used up' }).first().waitFor()
    await page.getByLabel('Model', { exact: true }).last().selectOption('claude-sonnet-4-5')
    await page.getByText('No request fits these filters.').waitFor()
    const last = (await calls('log')).at(-1)
    assert.deepEqual([last.only, last.model, last.before], ['refused', 'claude-sonnet-4-5', 0])
  })

  test('what the filters show is saved, of all pages', async () => {
    const page = await user.open('full', { view: 'activity' })
    await button('Older').click()
    await page.getByLabel('What happened').selectOption('Refused by Oaklock')
    await button('Save as CSV…').click()
    await says(/^[0-9,]+ lines saved in oaklock-log\.csv\.$/)
    await button('Save as JSON…').click()
    await says(/^[0-9,]+ lines saved in oaklock-log\.json\.$/)
    const saved = await calls('exportLog')
    assert.deepEqual(
      saved.map((c) => [c.format, c.only, c.before]),
      [
        ['csv', 'refused', undefined],
        ['json', 'refused', undefined],
      ],
    )
    await page.getByLabel('Model', { exact: true }).last().selectOption('claude-sonnet-4-5')
    await page.getByText('No request fits these filters.').waitFor()
    assert.ok(await button('Save as CSV…').isDisabled())
  })

  test('how far a long log is saved is shown while it is', async () => {
    const page = await user.open('full', { view: 'activity' })
    const written = page.getByRole('progressbar')
    const shows = async (lines, percent) => {
      await page.evaluate(([n, p]) => window.oaklockFake.saved(n, p), [lines, percent])
      const text = `${lines.toLocaleString('en')} lines saved so far, about ${percent} of 100`
      await page.getByText(text, { exact: true }).waitFor()
      assert.equal(await page.getByRole('progressbar', { name: text }).getAttribute('value'), String(percent))
      assert.ok(await button('Save as CSV…').isDisabled())
    }
    await page.evaluate(() => window.oaklockFake.saved(0, 0))
    await button('Save as JSON…').click()
    await page.evaluate(() => window.oaklockFake.quiet())
    assert.equal(await written.count(), 0)
    await shows(21_000, 40)
    await shows(42_000, 80)
    await page.evaluate(() => window.oaklockFake.saved(52_500, 100))
    await written.waitFor({ state: 'detached' })
    await says(/^[0-9,]+ lines saved in oaklock-log\.json\.$/)
    assert.ok(await button('Save as CSV…').isEnabled())
  })
})
