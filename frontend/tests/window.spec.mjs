// Every view and what a user does there.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { begin } from './user.mjs'

const user = begin()
const { button, calls, says, dialog, awake } = user

describe('the question', () => {
  test('Allow by pointer, with narrower terms', async () => {
    const page = await user.open('question')
    await dialog().getByText('asks to use your OpenAI key').waitFor()
    await page.getByLabel('Models').selectOption('Only “gpt-4o-mini”')
    await page.getByLabel('Limit').selectOption('$5.00 a day')
    await page.getByLabel('For', { exact: true }).selectOption('until Oaklock quits')
    await awake()
    await button('Allow').click()
    await says('https://research.acorns.example may use your OpenAI key until Oaklock quits.')
    const [answer] = await calls('allow')
    assert.deepEqual(answer.providers, ['openai'])
    assert.deepEqual(answer.terms.models, ['gpt-4o-mini'])
    assert.equal(answer.terms.limits.costDay, 5_000_000)
    assert.equal(answer.terms.untilQuit, true)
    await page.getByRole('link', { name: 'Sites', exact: true }).click()
    await page.getByText('https://research.acorns.example').waitFor()
  })

  const answered = async () => (await Promise.all(['allow', 'deny', 'block'].map(calls))).flat()

  test('a key that was typed for something else answers nothing, whenever the question opens under it', async () => {
    const page = await user.open('full', { view: 'sites' })
    await page.evaluate(() => window.oaklockFake.quiet())
    await page.locator('main li button[aria-expanded]').first().focus()
    const shown = () => page.evaluate(() => document.querySelector('dialog .origin')?.textContent)
    for (const [n, key] of ['Enter', 'Space'].entries()) {
      const origin = `https://late${n}.example`
      await page.keyboard.down(key) // and let go where the question is then
      await page.evaluate((q) => window.oaklockFake.ask(q), { id: `q-late${n}`, origin, site: '' })
      await dialog().waitFor()
      await page.keyboard.up(key)
      await page.keyboard.press(key)
      await awake()
      for (let i = 0; i < 3; i++) await page.keyboard.press(key)
      await page.evaluate(() => window.oaklockFake.quiet())
      assert.deepEqual(await answered(), [], key)
      assert.equal(await shown(), origin)
      await button('Deny').focus()
      await page.keyboard.press(key) // where the user has gone to an answer, it is one
      await dialog().waitFor({ state: 'detached' })
      assert.deepEqual(
        (await answered()).map((a) => a.id),
        [`q-late${n}`],
      )
      await page.evaluate(() => (window.oaklockFake.calls.length = 0))
    }
  })

  test('the key that answers one question does not answer the next', async () => {
    const page = await user.open('question')
    await page.evaluate(() => window.oaklockFake.ask({ id: 'q-next', origin: 'https://next.example' }))
    await page.getByText('1 of 2').waitFor()
    await awake()
    await button('Deny').focus()
    await page.keyboard.press('Enter')
    await dialog().getByText('https://next.example').waitFor()
    await page.keyboard.press('Enter')
    await awake()
    for (const key of ['Enter', 'Space']) await page.keyboard.press(key)
    await page.evaluate(() => window.oaklockFake.quiet())
    assert.deepEqual(
      (await answered()).map((a) => a.id),
      ['q-1'],
    )
    await dialog().getByText('https://next.example').waitFor()
  })

  test('Allow is asleep at first, and Enter and Space never allow', async () => {
    const page = await user.open('question')
    assert.equal(await button('Allow').isDisabled(), true)
    await awake()
    await button('Allow').focus()
    for (const key of ['Enter', 'Space', 'Enter', 'Space']) await page.keyboard.press(key)
    assert.deepEqual(await calls('allow'), [])
    await page.keyboard.press('x')
    await page.keyboard.press('y')
    assert.deepEqual(await calls('allow'), [])
    await page.keyboard.press('Enter')
    await page.getByText('Press Y to allow').waitFor()
    await page.keyboard.press('y')
    await says('https://research.acorns.example may use your OpenAI key')
    assert.equal((await calls('allow')).length, 1)
  })

  /** What of an element is inside the window, and on top of everything there: its rows of pixels, as a share of all. */
  const inSight = (selector) =>
    user.page.evaluate((found) => {
      const e = document.querySelector(found)
      const rows = [...e.getClientRects()].flatMap((r) => {
        const x = r.left + Math.min(r.width / 2, 20)
        return Array.from({ length: Math.floor(r.height) }, (_, y) => document.elementFromPoint(x, r.top + y + 0.5))
      })
      return rows.filter((hit) => hit && (e.contains(hit) || hit.contains(e)) && hit.closest('dialog')).length / rows.length
    }, selector)

  /** The text of the elements with these ids. */
  const named = (ids) =>
    user.page.evaluate((all) => all.map((id) => document.getElementById(id).textContent.trim()).join(' '), ids.split(' '))

  const host = ['a', 'b', 'c'].map((c) => c.repeat(63)).join('.') + '.' + 'd'.repeat(53) + '.example'
  for (const [name, asked] of [
    ['a usual name', {}],
    ['the longest name', { origin: `https://${host}:65535`, site: host.slice(192) }],
  ]) {
    test(`the smallest window: ${name} is in sight from the beginning, and for as long as Allow is awake`, async () => {
      const page = await user.open('empty', { width: 480, height: 480 })
      await page.evaluate(() => window.oaklockFake.quiet())
      await page.evaluate((q) => window.oaklockFake.ask({ ...q, id: 'q-small' }), asked)
      await page.getByLabel('Key', { exact: true }).fill('sk-a-made-up-key')
      await button('Save key').click()
      await awake()
      for (const share of [0, 0.5, 1]) {
        await page.evaluate((at) => {
          const d = document.querySelector('dialog')
          d.scrollTop = at * (d.scrollHeight - d.clientHeight)
        }, share)
        assert.ok((await inSight('dialog .origin strong')) > 0.9, `the name, scrolled to ${share}`)
        assert.equal(await inSight('dialog .primary'), 1, `Allow, scrolled to ${share}`)
      }
      // With text of twice the size not everything fits at once. What Allow needs does.
      await page.evaluate(() => (document.documentElement.style.fontSize = '30px'))
      await button('Allow').scrollIntoViewIfNeeded()
      await awake()
      assert.ok((await inSight('dialog .primary')) > 0.9, 'Allow, in large text')
      assert.ok((await inSight('dialog .origin strong')) > 0.9, 'the name, in large text')
      await button('Allow').click()
      await dialog().waitFor({ state: 'detached' })
    })
  }

  test('the name of the site is in sight when the question opens, with no button focused', async () => {
    const page = await user.open('queue', { width: 480, height: 480 })
    await page.getByText('1 of 3').waitFor()
    assert.ok((await inSight('dialog .origin')) > 0.9)
    assert.equal(await page.evaluate(() => document.querySelector('dialog').scrollTop), 0)
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'DIALOG')
    assert.equal(await dialog().getAttribute('aria-labelledby').then(named), 'A site asks')
    assert.equal(
      await dialog().getAttribute('aria-describedby').then(named),
      'https://research.acorns.example asks to use your OpenAI key',
    )
  })

  test('Allow sleeps while the name of the site is out of sight', async () => {
    const page = await user.open('question', { width: 480, height: 480 })
    await awake()
    await page.evaluate(() => (document.querySelector('dialog .who').style.marginTop = '-900px'))
    await page.getByText('Allow sleeps until the name of the site is in sight.').waitFor()
    assert.equal(await button('Allow').isDisabled(), true)
    await page.evaluate(() => (document.querySelector('dialog .who').style.marginTop = ''))
    await awake()
  })

  test('a press that comes too early is told that it did not count; so is a window behind another', async () => {
    const page = await user.open('question')
    await awake()
    await page.evaluate(() => window.dispatchEvent(new Event('blur')))
    await page.getByText('Click into this window, and Allow wakes.').waitFor()
    assert.equal(await button('Allow').isDisabled(), true)
    const box = await button('Allow').boundingBox()
    const at = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.click(...at)
    await page.getByText('That press did not count').waitFor()
    assert.deepEqual(await calls('allow'), [])
    await awake()
    await page.mouse.click(...at)
    await says('https://research.acorns.example may use your OpenAI key')
    assert.equal((await calls('allow')).length, 1)
  })

  test('while Allow sleeps a line fills, for as long as it sleeps', async () => {
    const page = await user.open('question', { reduced: false })
    await awake()
    assert.equal(await page.locator('.nap').count(), 0)
    const time = await page.evaluate(async () => {
      window.dispatchEvent(new Event('focus'))
      await new Promise(requestAnimationFrame)
      const line = document.getAnimations().find((a) => a.animationName?.includes('wakes'))
      return line?.effect.getComputedTiming().duration
    })
    assert.equal(time, 700)
    await awake()
    assert.equal(await page.locator('.nap').count(), 0)
  })

  test('Deny, Block, and a key for a provider that has none, one question after the other', async () => {
    const page = await user.open('queue')
    await page.getByText('1 of 3').waitFor()
    await button('Deny').click()
    await page.getByText('1 of 2').waitFor()
    await dialog().getByText('You have no Google key in Oaklock yet').waitFor()
    await page.getByLabel('Key', { exact: true }).fill('AIza-a-made-up-key')
    await button('Save key').click()
    await awake()
    await button('Allow').click()
    await dialog().getByText('asks to use your Mistral key').waitFor()
    await button('Block').click()
    await dialog().waitFor({ state: 'detached' })
    assert.equal((await calls('deny'))[0].id, 'q-1')
    assert.deepEqual((await calls('allow'))[0].providers, ['anthropic', 'google'])
    assert.equal((await calls('block'))[0].id, 'q-3')
  })

  test('Escape puts it off, Overview brings it back, and a missed one can be answered', async () => {
    const page = await user.open('question')
    await dialog().waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await button('Answer https://research.acorns.example').click()
    await button('Deny').click()
    await dialog().waitFor({ state: 'detached' })
    await button('Answer https://someone.github.io').click()
    await dialog().getByText('The page has stopped waiting').waitFor()
    await dialog().getByText('Many people publish under this host').waitFor()
    await awake()
    await button('Allow').click()
    await says('https://someone.github.io may use your OpenAI key')
  })

  test('Block can be taken back, to what the site had before', async () => {
    const page = await user.open('full', { view: 'sites' })
    await page.evaluate(() => window.oaklockFake.ask({ origin: 'https://board.kaiban.example', site: 'kaiban.example' }))
    await dialog().waitFor()
    await button('Block').click()
    await says('https://board.kaiban.example is blocked.')
    await page.locator('.says').getByRole('button', { name: 'Undo' }).click()
    await says('https://board.kaiban.example is not blocked any more.')
    assert.deepEqual(
      (await calls('allowSite')).map((a) => a.providers),
      [['openai'], ['anthropic']],
    )
    assert.equal((await calls('unblockSite')).length, 1)
  })

  test('the focus stays inside the dialog', async () => {
    const page = await user.open('question')
    await dialog().waitFor()
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab')
      assert.equal(
        await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')),
        true,
      )
    }
  })
})

describe('sites', () => {
  test('narrow, revoke, block and unblock', async () => {
    const page = await user.open('full', { view: 'sites' })
    await page.getByRole('button', { name: /board\.kaiban\.example/ }).click()
    await button('Change what it may do with OpenAI').click()
    await page.getByLabel('Models').selectOption('Only these…')
    await page.getByLabel('Model names').fill('gpt-4o-mini, o4-mini')
    await button('Save').click()
    await page.getByText('only gpt-4o-mini and o4-mini · $1.00 a day').waitFor()
    const [changed] = await calls('allowSite')
    assert.equal(changed.origin, 'https://board.kaiban.example')
    assert.ok(changed.terms.expiresAt > Date.now(), 'the end stays as it was')

    await button('Revoke Anthropic').click()
    await button('Revoke Anthropic').waitFor({ state: 'detached' })
    await says('https://board.kaiban.example may no longer use Anthropic.')
    await button('Undo').click()
    await says('https://board.kaiban.example is as it was.')
    const back = (await calls('allowSite')).at(-1)
    assert.deepEqual(back.providers, ['anthropic'])
    assert.equal(back.terms.limits.costWeek, 5_000_000)
    assert.deepEqual(back.terms.models, ['claude-haiku-4-5', 'claude-sonnet-4-5'])

    await button('Block').click()
    await button('Unblock').waitFor()
    await page.keyboard.press('Control+z')
    await button('Revoke OpenAI').waitFor()
    await button('Revoke Anthropic').waitFor()

    await button('Revoke all').click()
    await says('https://board.kaiban.example may no longer use OpenAI and Anthropic.')
    await button('Undo').click()
    await page.getByRole('button', { name: /board\.kaiban\.example/ }).waitFor()
    assert.deepEqual(await calls('revokeSite'), [
      { origin: 'https://board.kaiban.example', provider: 'anthropic' },
      { origin: 'https://board.kaiban.example', provider: '' },
    ])
    assert.deepEqual(await calls('blockSite'), [{ origin: 'https://board.kaiban.example', provider: '' }])
  })

  test('let a blocked one ask, take that back, and find one in a long list', async () => {
    const page = await user.open('many', { view: 'sites' })
    await page.getByLabel('Find a site').fill('tracker')
    await page.waitForFunction(() => document.querySelectorAll('main li').length === 1)
    await page.getByRole('button', { name: /tracker\.ads\.example/ }).click()
    await button('Unblock').click()
    await says('https://tracker.ads.example may ask again.')
    await button('Undo').click()
    await button('Unblock').waitFor()
    await page.getByLabel('Find a site').fill('')
    await page.getByLabel('Show').selectOption('denied')
    await page.waitForFunction(() => document.querySelectorAll('main li').length === 1)
    await page.getByRole('button', { name: /pushy\.example/ }).click()
    await button('Block').click()
    await page.getByText('No site fits.').waitFor()
    await button('Undo').click()
    await page.getByRole('button', { name: /pushy\.example/ }).waitFor()
    assert.deepEqual(await calls('denySite'), [{ origin: 'https://pushy.example', provider: '' }])
  })

  test('add one by hand; a wrong address says so and loses nothing', async () => {
    const page = await user.open('empty', { view: 'sites' })
    await page.getByText('No site has asked yet').waitFor()
    await button('Add a site').click()
    await page.getByLabel('Address of the site').fill('https://app.example/path')
    await button('Allow this site').click()
    await page.getByText('Choose at least one provider.').waitFor()
    await page.getByLabel('OpenAI').check()
    await button('Allow this site').click()
    await page.getByText('This is not the address of a site.').waitFor()
    await page.getByLabel('Address of the site').fill('https://app.example/')
    await button('Allow this site').click()
    await says('https://app.example is allowed.')
  })

  test('what could not be saved is said: the site is allowed until Oaklock quits', async () => {
    const page = await user.open('unsaved', { view: 'sites' })
    await awake()
    await page.keyboard.press('Escape')
    const isSaid = async () => {
      await page.getByRole('alert').getByText('Allowed until Oaklock quits, since it could not be saved: https://').waitFor()
      await button('Dismiss').click()
    }
    await button('Add a site').click()
    await page.getByLabel('Address of the site').fill('https://app.example')
    await page.getByLabel('OpenAI').check()
    await button('Allow this site').click()
    await isSaid()
    await page.getByRole('button', { name: /app\.example/ }).click()
    await button('Change what it may do with OpenAI').click()
    await button('Save').click()
    await isSaid()
    await button('Revoke OpenAI').click()
    await button('Undo').click()
    await isSaid()
    // It says nothing of a key that is put back.
    await page.getByRole('link', { name: 'Keys', exact: true }).click()
    await page
      .getByRole('button', { name: /^Remove the OpenAI key/ })
      .first()
      .click()
    await button('Undo').click()
    await page.getByText(/^The OpenAI key .* is as it was\.$/).waitFor()
  })
})

describe('keys', () => {
  test('add, insist, test and remove; the key is nowhere in the page afterwards', async () => {
    const page = await user.open('full', { view: 'keys' })
    await button('Add a key').click()
    await page.getByLabel('Provider').selectOption('Mistral')
    await page.getByLabel('Name', { exact: true }).fill('team')
    await page.getByLabel('Key', { exact: true }).fill('sk-ant-looks-like-another')
    await button('Save key').click()
    await page.getByText('This looks like a key of Anthropic, not of Mistral.').waitFor()
    await button('Save anyway').click()
    await says('Your Mistral key “team” is saved.')
    const page_ = await page.evaluate(
      () => document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }),
    )
    assert.equal(page_.includes('looks-like-another'), false)

    await button('Test the OpenAI key personal').click()
    await page.getByText('Works.').waitFor()
    await button('Test the OpenAI key work').click()
    await page.getByText('The provider says:').waitFor()
    await button('Remove the Mistral key team').click()
    await says('The Mistral key “team” is removed.')
    await button('Remove the Mistral key team').waitFor({ state: 'detached' })
    await button('Undo').click()
    await says('The Mistral key “team” is as it was.')
    await button('Remove the Mistral key team').waitFor()
  })

  test('without a keychain, a file with a passphrase', async () => {
    const page = await user.open('no-keychain', { view: 'keys' })
    await button('Use a protected file instead').click()
    await button('Use a file').click()
    await page.getByLabel('Passphrase', { exact: true }).fill('short')
    await button('Save').click()
    await page.getByText('Use at least 8 characters.').waitFor()
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
    await page.getByLabel('Once more').fill('correct hors')
    await button('Save').click()
    await page.getByText('The two are not the same.').waitFor()
    await page.getByLabel('Once more').fill('correct horse')
    await button('Save').click()
    await says('The file is made and unlocked.')
    await page.getByText('In a file that is encrypted with your passphrase.').waitFor()
    assert.equal(await button('Add a key').first().isEnabled(), true)
  })
})

describe('overview', () => {
  test('stop, pause, resume, lock and unlock', async () => {
    const page = await user.open('full')
    await page.getByRole('heading', { name: 'Oaklock is on for 2 sites, with 3 keys.' }).waitFor()
    await button('Stop the request of https://board.kaiban.example').click()
    await page.getByText('No request is being answered right now.').waitFor()
    await button('Pause').click()
    await page.getByRole('heading', { name: 'Oaklock is paused.' }).waitFor()
    await button('Resume').click()
    await button('Lock').click()
    await page.getByRole('heading', { name: 'Oaklock is locked.' }).waitFor()
    await button('Unlock').click()
    await dialog().getByRole('button', { name: 'Unlock', exact: true }).click()
    await page.getByRole('heading', { name: /^Oaklock is on/ }).waitFor()
  })

  test('a wrong passphrase says so', async () => {
    const page = await user.open('locked')
    await button('Unlock').click()
    await page.getByLabel('Passphrase', { exact: true }).fill('wrong one')
    await dialog().getByRole('button', { name: 'Unlock', exact: true }).click()
    await page.getByText('This is not the passphrase.').waitFor()
    assert.equal(await page.getByLabel('Passphrase', { exact: true }).inputValue(), '')
    await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^Oaklock is on/ }).waitFor()
  })

  test('a reload loses nothing, and an agent that is gone is not shown as there', async () => {
    const page = await user.open('question', { view: 'keys' })
    await dialog().waitFor()
    await page.reload()
    await dialog().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    await page.evaluate(() => window.oaklockFake.vanish())
    await page.getByRole('heading', { name: 'Oaklock is not running' }).waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Keys', exact: true }).count(), 0)
  })
})

describe('settings', () => {
  test('a switch, a text with a mistake in it, the theme, and a provider of one’s own', async () => {
    const page = await user.open('full', { view: 'settings' })
    await page.getByRole('switch', { name: 'Ask me about new sites' }).click()
    const wait = page.getByLabel('How long a page waits for my answer', { exact: true })
    await wait.selectOption('Another time…')
    const own = page.getByLabel('How long a page waits for my answer: a value of your own')
    assert.equal(await own.evaluate((e) => e === document.activeElement), true)
    await own.fill('soon')
    await own.press('Enter')
    await page.getByText('it takes a time from 1s to 5m').waitFor()
    await own.fill('90s')
    await button('Save How long a page waits for my answer').click()
    await says('Saved.')
    await page.getByText('Usually A minute.').waitFor()
    assert.equal(await own.inputValue(), '90s')
    await wait.selectOption('2 minutes')
    await own.waitFor({ state: 'detached' })
    await page.getByLabel('Proxy on the way to providers').selectOption('The environment’s')
    await page.getByLabel('Lock when unused for').selectOption('Never')
    await page.getByRole('switch', { name: 'Lock when the machine goes to sleep' }).click()
    await page.getByLabel('Port for pages', { exact: true }).fill('7000')
    await page.getByLabel('Port for pages', { exact: true }).press('Enter')
    await page.getByText('Pages use 6255 until Oaklock starts again.').waitFor()
    await page.getByLabel('Dark', { exact: true }).check()
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    await page.getByLabel('Español').check()
    await page.getByRole('heading', { name: 'Ajustes' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'es')
    await page.getByLabel('English').check()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    assert.deepEqual(await calls('setSetting'), [
      { name: 'questions', value: 'off' },
      { name: 'wait', value: 'soon' },
      { name: 'wait', value: '90s' },
      { name: 'wait', value: '2m' },
      { name: 'proxy', value: 'environment' },
      { name: 'idle_lock', value: 'off' },
      { name: 'lock_on_sleep', value: 'off' },
      { name: 'port', value: '7000' },
      { name: 'theme', value: 'dark' },
      { name: 'language', value: 'es' },
      { name: 'language', value: 'en' },
    ])

    await button('Add a provider').click()
    await page.getByLabel('Short name').fill('lab')
    await page.getByLabel('Base URL', { exact: true }).fill('http://lab.example/v1')
    await button('Save').click()
    await page.getByText('The base URL must begin with https://').waitFor()
    await page.getByLabel('Base URL', { exact: true }).fill('https://lab.example/v1')
    await button('Save').click()
    await page.getByText('http://127.0.0.1:6255/llm/lab').waitFor()
    await button('Remove lab').click()
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('http://127.0.0.1:6255/llm/lab').waitFor({ state: 'detached' })
  })
})
