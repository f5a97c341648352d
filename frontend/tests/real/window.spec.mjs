// What a user does in the window, with the agent behind it: each test goes on where the one before has left it.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { start } from './rig.mjs'

const site = 'https://board.example'

describe('the window, its bindings and the agent', () => {
  let rig
  let page
  before(async () => {
    rig = await start()
    page = rig.page
  })
  after(async () => rig?.stop())
  afterEach((t) => {
    if (t.error) console.error(rig.said.filter((line) => !line.startsWith('DEB')).join('\n'))
    assert.deepEqual(rig.complaints.splice(0), [], 'the browser complained')
  })

  const button = (name) => page.getByRole('button', { name, exact: true })
  const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor()
  const dialog = () => page.getByRole('dialog')
  const says = (text) => page.getByText(text).first().waitFor()
  const go = async (name) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
    await heading(name)
  }
  const overview = () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click()
  const openSite = async (origin) => {
    await go('Sites')
    const head = page.getByRole('button', { name: origin })
    await head.waitFor()
    if ((await head.getAttribute('aria-expanded')) === 'false') await head.click()
  }
  /** Presses Allow, which is disabled until it is awake; Playwright waits for that. */
  const allow = () => button('Allow').click()
  const code = (answer) => `${answer.status} ${/"code":\s*"(\w+)"/.exec(answer.text)?.[1] ?? ''}`.trim()

  test('first run: a place for keys, a key that works, the demo to its end, start at login', async () => {
    await heading('Your keys, on your terms')
    await button('Continue').click()
    await button('Use a protected file instead').click()
    await button('Use a file').click()
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
    await page.getByLabel('Once more').fill('correct horse')
    await button('Save').click()
    await page.getByLabel('Provider').selectOption('OpenAI')
    await page.getByLabel('Key', { exact: true }).fill('sk-a-good-key-for-tests-x7Qd')
    await button('Save key').click()
    await says('Works.')
    await says('ends in x7Qd')
    await button('Continue').click()

    await heading('Try it, without any key of yours')
    await page.reload() // who closes the window goes on where he was
    await heading('Try it, without any key of yours')
    await button('Start the demo').click()
    await says('Press Start there')
    const { demo } = await rig.json('status')
    const demoPage = await rig.context.newPage()
    await demoPage.goto(demo.page)
    await demoPage.getByRole('button', { name: 'Start' }).click()
    await page.bringToFront()
    await dialog().getByText('asks to use your Demo key').waitFor()
    await allow()
    await demoPage.getByRole('article', { name: 'The result' }).waitFor()
    await demoPage.close()
    await says('That was the whole of it.')
    await button('Continue').click()

    await page.getByRole('switch', { name: 'Start when I log in' }).click()
    await page.waitForFunction(() => document.querySelector('[role=switch]').checked)
    await button('Finish').click()
    await heading('Oaklock is on. No site may use your key yet.')
    const { value } = (await rig.json('settings', 'list')).find((s) => s.name === 'autostart')
    assert.equal(value, 'on')
    assert.deepEqual(await rig.json('sites', 'list'), [], 'the demo left nothing')
  })

  test('the first steps are shown again, and skipped', async () => {
    await go('Settings')
    await button('Show the first steps again').click()
    await heading('Your keys, on your terms')
    await button('Skip the first steps').click()
    await heading('Settings')
    await page.reload()
    await heading('Settings')
  })

  test('keys: added, tested, refused by the provider, removed and taken back', async () => {
    await go('Keys')
    for (const [label, key] of [
      ['work', 'sk-another-good-key-for-tests'],
      ['old', 'sk-one-that-is-revoked-by-now'],
    ]) {
      await button('Add a key').first().click()
      await page.getByLabel('Provider').selectOption('OpenAI')
      await page.getByLabel('Name', { exact: true }).fill(label)
      await page.getByLabel('Key', { exact: true }).fill(key)
      await button('Save key').click()
      await says(`Your OpenAI key “${label}” is saved.`)
    }
    await button('Test the OpenAI key work').click()
    await says('Works.')
    await button('Test the OpenAI key old').click()
    await says('The provider says:')
    await says('Incorrect API key provided.')
    await button('Remove the OpenAI key work').click()
    await button('Remove the OpenAI key work').waitFor({ state: 'detached' })
    await button('Undo').click()
    await button('Remove the OpenAI key work').waitFor()
    await button('Remove the OpenAI key old').click()
    await button('Remove the OpenAI key old').waitFor({ state: 'detached' })
    assert.deepEqual(
      (await rig.json('keys', 'list')).map((k) => k.label),
      ['default', 'work'],
    )
    assert.equal((await page.content()).includes('good-key'), false)
  })

  test('the question: put off, denied, blocked and taken back, allowed with narrower terms', async () => {
    const first = rig.ask('https://other.example')
    await dialog().getByText('asks to use your OpenAI key').waitFor()
    await button('Not now').click()
    await overview()
    await button('Answer https://other.example').click()
    await button('Deny').click()
    assert.equal(code(await first), '403 consent_denied')

    const second = rig.ask('https://third.example')
    await dialog().waitFor()
    await button('Block').click()
    assert.equal((await second).status, 403)
    await says('https://third.example is blocked.')
    await page.locator('.says').getByRole('button', { name: 'Undo' }).click()
    await says('https://third.example is not blocked any more.')
    assert.equal(
      (await rig.json('sites', 'list')).some((s) => s.origin === 'https://third.example'),
      false,
    )

    const third = rig.ask(site)
    await dialog().waitFor()
    await page.getByLabel('Models').selectOption('Only “gpt-4o-mini”')
    await page.getByLabel('Limit').selectOption('$5.00 a day')
    await page.getByLabel('For', { exact: true }).selectOption('30 days')
    await allow()
    assert.equal((await third).status, 200)
    const [grant] = (await rig.json('sites', 'list')).find((s) => s.origin === site).grants
    assert.deepEqual([grant.models, grant.limits.costDay, grant.givenBy], [['gpt-4o-mini'], 5_000_000, 'window'])
  })

  /** How long Allow has slept when it wakes, in milliseconds, from when it is seen or, for one that is there, from now. */
  const sleeps = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          let since
          const watch = new MutationObserver(look)
          function look() {
            const allow = [...document.querySelectorAll('dialog button')].find((b) => b.textContent.trim() === 'Allow')
            if (!allow) return
            if (since && !allow.disabled) {
              watch.disconnect()
              resolve(performance.now() - since)
            } else since ??= performance.now()
          }
          watch.observe(document.body, { subtree: true, childList: true, attributes: true })
          if (document.querySelector('dialog')) {
            look()
            window.dispatchEvent(new Event('focus'))
          }
        }),
    )

  test('several questions are a queue with its count; one whose page has gone is listed, and still answered', async () => {
    const slept = sleeps()
    const first = rig.ask('https://first.example')
    await dialog().getByText('https://first.example').waitFor()
    assert.ok((await slept) > 650, `Allow slept for ${await slept} ms after it was shown`) // the clock starts a little later
    const again = await sleeps()
    assert.ok(again > 650, `Allow slept for ${again} ms after the window got the focus`)
    const second = rig.ask('https://second.example')
    await dialog().getByText('1 of 2').waitFor()
    first.leave()
    await first
    await dialog().getByText('The page has stopped waiting').waitFor()
    await button('Not now').click()
    await dialog().getByText('https://second.example').waitFor()
    await button('Deny').click()
    assert.equal(code(await second), '403 consent_denied')
    await overview()
    await heading('Asked while you were away')
    await button('Answer https://first.example').click()
    await dialog().getByText('The page has stopped waiting').waitFor()
    await button('Allow').click({ trial: true }) // awake
    await button('Allow').focus()
    for (const key of ['Enter', 'Space', 'Enter']) await page.keyboard.press(key)
    await dialog().getByText('Press Y to allow https://first.example').waitFor()
    assert.equal(
      (await rig.json('sites', 'list')).some((s) => s.origin === 'https://first.example'),
      false,
      'Enter and Space have allowed it',
    )
    await page.keyboard.press('y')
    await says('https://first.example may use your OpenAI key')
    await button('Answer https://first.example').waitFor({ state: 'detached' })
    const { grants } = (await rig.json('sites', 'list')).find((s) => s.origin === 'https://first.example')
    assert.equal(grants[0].provider, 'openai')
    await rig.oaklock('sites', 'revoke', 'https://first.example')
  })

  test('a site is narrowed, revoked, taken back, blocked and unblocked', async () => {
    await openSite(site)
    await button('Change what it may do with OpenAI').click()
    await page.getByLabel('Models').selectOption('Only these…')
    await page.getByLabel('Model names').fill('o4-mini')
    await button('Save').click()
    await says('only o4-mini')
    assert.equal(code(await rig.ask(site)), '403 model_denied')
    await button('Change what it may do with OpenAI').click()
    await page.getByLabel('Models').selectOption('All')
    await button('Save').click()
    await says('all models')
    assert.equal((await rig.ask(site)).status, 200)

    await button('Revoke OpenAI').click()
    await says(`${site} may no longer use OpenAI.`)
    await button('Undo').click()
    await says(`${site} is as it was.`)
    assert.equal((await rig.ask(site)).status, 200)

    await openSite(site)
    await button('Block').click()
    await says(`${site} is blocked.`)
    assert.equal((await rig.ask(site)).status, 403)
    await page.keyboard.press('Control+z')
    await button('Revoke OpenAI').waitFor()
    assert.equal((await rig.ask(site)).status, 200)
  })

  test('stop ends one request, which costs what it has cost so far', async () => {
    await overview()
    const running = rig.ask(site, { stream: true, max_tokens: 16_000 })
    await page.getByText(/^\$0\.0\d+ so far$/).waitFor()
    const [{ cost, reserved }] = (await rig.json('status')).running
    assert.ok(cost > 0 && cost < reserved / 10)
    await button(`Stop the request of ${site}`).click()
    const { status, text, cut } = await running // the provider would never have ended it
    assert.equal(status, 200)
    assert.match(text, /It begins/)
    assert.match(cut, /aborted/)
    await says('Stopped. The page was told that its answer was cut off.')
    await says('No request is being answered right now.')
    const [line] = await rig.json('log', '-n', '1')
    assert.deepEqual([line.code, line.estimated], ['stopped', true])
    assert.ok(line.cost >= cost && line.cost < reserved / 10, `${line.cost} of ${cost} so far and ${reserved} reserved`)
    const { grants } = (await rig.json('sites', 'list')).find((s) => s.origin === site)
    assert.deepEqual([grants[0].held.costDay, grants[0].held.atOnce], [0, 0])
    await go('Activity')
    await page.locator('tbody .what').first().getByText('Cut off: you stopped it').waitFor()
  })

  test('pause ends what runs, resume goes on; lock forgets the keys until the passphrase is right', async () => {
    await overview()
    const running = rig.ask(site, { stream: true })
    await button(`Stop the request of ${site}`).waitFor()
    await button('Pause').click()
    await heading('Oaklock is paused.')
    assert.match((await running).text, /It begins/)
    assert.equal(code(await rig.ask(site)), '423 paused')
    await go('Keys')
    await button('Resume').click()
    await button('Resume').waitFor({ state: 'detached' })
    assert.equal((await rig.ask(site)).status, 200)

    await overview()
    await button('Lock').click()
    await heading('Oaklock is locked.')
    assert.equal(code(await rig.ask(site)), '423 locked')
    await button('Unlock').click()
    await page.getByLabel('Passphrase', { exact: true }).fill('wrong horse')
    await dialog().getByRole('button', { name: 'Unlock', exact: true }).click()
    await dialog().getByRole('alert').waitFor()
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
    await dialog().getByRole('button', { name: 'Unlock', exact: true }).click()
    await page.getByRole('heading', { name: /^Oaklock is on/ }).waitFor()
    assert.equal((await rig.ask(site)).status, 200)
  })

  test('a limit refuses, is shown, and is raised with one click', async () => {
    await openSite(site)
    await button('Change what it may do with OpenAI').click()
    await page.getByLabel('Limit').selectOption('Other…')
    await page.getByLabel('Amount in dollars').fill('0.01')
    await button('Save').click()
    await says('$0.01 a day')
    const dear = { max_tokens: 16_000, messages: [{ role: 'user', content: 'Well? '.repeat(3000) }] }
    assert.match(code(await rig.ask(site, dear)), /budget_exhausted$/)
    await overview()
    await page
      .getByRole('button', { name: /^Raise/ })
      .first()
      .click()
    await page.getByRole('button', { name: /^Raise/ }).waitFor({ state: 'detached' })
    assert.equal((await rig.ask(site, dear)).status, 200)
  })

  test('limits of a key and over everything refuse, and are changed where they are set', async () => {
    const field = (name) => dialog().getByLabel(name, { exact: true })
    await go('Keys')
    await button('Limit the OpenAI key default').click()
    await field('Tokens of one answer').fill('50')
    await field('Dollars a month').fill('30')
    await button('Save').click()
    await says('at most 50 tokens an answer')
    const [key] = await rig.json('keys', 'list')
    assert.deepEqual([key.limits.outputTokens, key.limits.costMonth], [50, 30_000_000])
    const long = { max_tokens: 51 }
    assert.equal(code(await rig.ask(site, long)), '402 budget_exhausted')
    assert.equal((await rig.ask(site, { max_tokens: 50 })).status, 200)
    await rig.ask(site, long)
    await overview()
    await page.getByText('it asked for an answer of up to 51 tokens').waitFor()
    await button(`Change the limits that stopped ${site}`).click()
    assert.equal(await field('Tokens of one answer').inputValue(), '50')
    await field('Tokens of one answer').fill('')
    await button('Save').click()
    await page.getByText('it asked for an answer of up to 51 tokens').waitFor({ state: 'detached' })
    assert.equal((await rig.ask(site, long)).status, 200)

    await go('Settings')
    await button('Limit what all sites together may take').click()
    await field('Requests a minute').fill('1')
    await button('Save').click()
    await says('1 request a minute')
    assert.equal(code(await rig.ask(site)), '429 rate_limited')
    await button('Limit what all sites together may take').click()
    await field('Requests a minute').fill('')
    await field('Requests at once').fill('5')
    await button('Save').click()
    await says('5 at once')
    assert.equal((await rig.ask(site)).status, 200)
    const limit = (await rig.json('settings', 'list')).find((s) => s.name === 'limit')
    assert.equal(limit.value, '5requests at once')
  })

  test('an app gets a key that works until it is removed', async () => {
    await go('Sites')
    await page.getByRole('link', { name: /Apps on this machine/ }).click()
    await button('Add an app').first().click()
    await page.getByLabel('Name of the app').fill('notes')
    await page.getByRole('checkbox', { name: 'OpenAI' }).check()
    await button('Make its key').click()
    const key = await dialog().locator('code').first().textContent()
    await button('Done').last().click()
    const program = () => rig.ask('', {}, { Authorization: `Bearer ${key}` })
    assert.equal((await program()).status, 200)
    await says(`key ends in ${key.slice(-4)}`)
    await button('Remove notes').click()
    await button('Remove notes').waitFor({ state: 'detached' })
    assert.equal((await program()).status, 403)
    await button('Undo').click()
    await button('Remove notes').waitFor()
    assert.equal((await program()).status, 200)
  })

  test('every setting has words of its own, and is kept by the agent', async () => {
    await go('Settings')
    const all = await rig.json('settings', 'list')
    assert.ok(all.length > 15)
    for (const { name, help } of all) assert.equal(await page.getByText(help, { exact: true }).count(), 0, name)
    assert.equal(await page.getByRole('heading', { name: 'More', exact: true }).count(), 0)
    await page.getByLabel('How long a page waits for my answer', { exact: true }).selectOption('2 minutes')
    await says('Saved.')
    await page.getByLabel('Lock when unused for', { exact: true }).selectOption('Another time…')
    await page.getByLabel('Lock when unused for: a value of your own').fill('never')
    await button('Save Lock when unused for').click()
    await page.getByRole('alert').filter({ hasText: 'from 1m to 168h' }).waitFor()
    const after = Object.fromEntries((await rig.json('settings', 'list')).map((s) => [s.name, s.value]))
    assert.deepEqual([after.wait, after.idle_lock], ['2m', '8h'])
    await page.reload()
    await heading('Settings')
    assert.equal(await page.getByLabel('How long a page waits for my answer', { exact: true }).inputValue(), '2m')
  })

  test('a price is changed and restored', async () => {
    await page.getByRole('link', { name: 'What models cost…' }).click()
    await page.getByLabel('Find a model').fill('gpt-4o-mini')
    await button('Change the price of gpt-4o-mini').click()
    await page.getByLabel('Output', { exact: true }).fill('7.5')
    await button('Save').click()
    await button('Restore the price of gpt-4o-mini').waitFor()
    const price = async () =>
      (await rig.json('prices', 'list', 'openai')).find((p) => p.model === 'gpt-4o-mini' && p.provider === 'openai')
    assert.deepEqual([(await price()).output, (await price()).edited], [7.5, true])
    await button('Restore the price of gpt-4o-mini').click()
    await button('Restore the price of gpt-4o-mini').waitFor({ state: 'detached' })
    assert.equal((await price()).edited, false)
  })

  test('the log has what happened, and nothing of a key', async () => {
    await go('Activity')
    await page.getByRole('cell', { name: site }).first().waitFor()
    for (const { key } of rig.provider.seen) assert.ok(!(await page.content()).includes(key.replace('Bearer ', '')))
  })

  test('the figures are those of the command line, and those of the lines', async () => {
    /** Dollars as both write them: cents at least, and millionths where there are some. */
    const dollars = (n) => `$${(n / 1e6).toFixed(6).replace(/0{1,4}$/, '')}`
    const today = await rig.json('usage')
    assert.ok(today.cost > 0)
    await overview()
    await page.locator('.cost').getByText(dollars(today.cost), { exact: true }).waitFor()
    assert.ok((await rig.oaklock('usage')).includes(dollars(today.cost)))
    await go('Activity')
    const amount = page.locator('.amount')
    const legend = page.locator('.legend li')
    for (const [name, by] of [
      ['Site', 'site'],
      ['Provider', 'provider'],
      ['Model', 'model'],
    ]) {
      await page.locator('.costs').getByText(name, { exact: true }).click()
      const sums = (await rig.json('usage', '--since', '30d', '--by', by)).filter((sum) => sum.requests > 0)
      await amount.getByText(dollars(sums.reduce((n, sum) => n + sum.cost, 0)), { exact: true }).waitFor()
      await page.waitForFunction((n) => document.querySelectorAll('.legend li').length === n, sums.length)
      for (const sum of sums) await legend.getByText(dollars(sum.cost), { exact: true }).first().waitFor()
    }
    const lines = await rig.json('log', '-n', '1000')
    assert.equal(
      lines.reduce((n, line) => n + Math.max(0, line.cost), 0),
      today.cost,
    )
    await page.getByLabel('What happened').selectOption('Refused by Oaklock')
    await page.locator('tbody .what', { hasText: 'Refused: the limit is used up' }).first().waitFor()
    const refused = lines.filter((line) => line.refused)
    await page.waitForFunction(
      (n) => document.querySelectorAll('[aria-label="Requests, newest first"] tbody tr').length === n,
      refused.length,
    )
  })

  test('a long log is saved, and says how far it is', async () => {
    await rig.oaklock('settings', 'set', 'brake', 'off')
    for (let n = 0; n < 260; n++) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => rig.ask(site)))
      for (const answer of answers) assert.equal(answer.status, 200)
    }
    await go('Activity')
    await button('Show everything').click()
    await button('Show everything').waitFor({ state: 'detached' })
    await page.evaluate(() => {
      window.written = []
      new MutationObserver(() => {
        const bar = document.querySelector('progress')
        if (bar)
          window.written.push([
            bar.getAttribute('value'),
            document.getElementById(bar.getAttribute('aria-labelledby')).textContent,
          ])
      }).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    await button('Save as CSV…').click()
    const lines = await rig.saveAs('Where to save the log', 'log.csv')
    const all = JSON.parse(await rig.oaklock('log', 'export', '--format', 'json'))
    assert.equal(lines.split('\n').length, all.length + 2)
    await says(`${all.length.toLocaleString('en')} lines saved in log.csv.`)
    const percent = Math.floor((100 * 1000) / all.length)
    assert.deepEqual(await page.evaluate(() => window.written), [
      [String(percent), `1,000 lines saved so far, about ${percent} of 100`],
    ])
  })

  test('the window ends with the agent', async () => {
    rig.agent.kill('SIGKILL')
    await rig.view.ended
    rig.complaints.splice(0) // that its server is gone
  })
})
