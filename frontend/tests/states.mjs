// Every state that the window can be in, each with how to get there from a scene of the fake host. The tests for everybody and the
// golden pictures walk through all of them.

const views = ['overview', 'sites', 'apps', 'keys', 'activity', 'settings', 'prices']
const byName = (page, name) => page.getByRole('button', { name, exact: true })
const press = (name) => (page) => byName(page, name).first().click()

/** Waits until Allow is awake. */
const awake = (page) =>
  page.waitForFunction(() =>
    [...document.querySelectorAll('dialog button')].some((b) => b.textContent.trim() === 'Allow' && !b.disabled),
  )

const steps =
  (...all) =>
  async (page) => {
    for (const step of all) await step(page)
  }
const fill = (label, text) => (page) => page.getByLabel(label, { exact: true }).fill(text)
const openFirst = (page) => page.locator('main li button[aria-expanded]').first().click()
const answer = (origin) => steps(press('Answer ' + origin), awake)

/** [name, scene, view, how to get on from there] */
export const states = [
  ...['full', 'empty', 'loading', 'failing', 'locked', 'paused'].flatMap((scene) => views.map((view) => [scene, view])),
  ...['overview', 'sites', 'apps', 'keys', 'settings'].map((view) => ['many', view]),
]
  .map(([scene, view]) => [`${view}-${scene}`, scene, view])
  .concat([
    ['overview-stopped', 'stopped', 'overview'],
    ['overview-price', 'stopped', 'overview', press('Set its price: gemini-next-preview')],
    ['overview-doubted', 'doubted', 'overview'],
    ['overview-no-keychain', 'no-keychain', 'overview'],
    ['overview-unlock', 'locked', 'overview', press('Unlock')],
    ['sites-open', 'full', 'sites', openFirst],
    ['sites-change', 'full', 'sites', steps(openFirst, press('Change what it may do with OpenAI'))],
    [
      'sites-limits',
      'full',
      'sites',
      steps(openFirst, press('Change what it may do with OpenAI'), (page) =>
        page.getByLabel('Limit', { exact: true }).selectOption('Several limits…'),
      ),
    ],
    ['sites-revoked', 'full', 'sites', steps(openFirst, press('Revoke OpenAI'), (page) => byName(page, 'Undo').waitFor())],
    ['sites-paused', 'stopped', 'sites', (page) => page.getByRole('button', { name: /swarm/ }).click()],
    ['sites-doubted', 'doubted', 'sites', openFirst],
    ['sites-confirm', 'doubted', 'sites', press('Confirm…')],
    ['sites-none-fits', 'many', 'sites', fill('Find a site', 'nothing like it')],
    ['sites-add', 'full', 'sites', press('Add a site')],
    [
      'sites-add-many',
      'many',
      'sites',
      steps(press('Add a site'), fill('Find a provider', 'mistral'), (page) => page.getByLabel('Mistral').check()),
    ],
    ['apps-add', 'full', 'apps', press('Add an app')],
    [
      'apps-key',
      'full',
      'apps',
      steps(
        press('Add an app'),
        fill('Name of the app', 'my-notes'),
        (page) => page.getByRole('checkbox', { name: 'OpenAI' }).check(),
        press('Make its key'),
      ),
    ],
    ['keys-no-keychain', 'no-keychain', 'keys'],
    ['keys-use-file', 'no-keychain', 'keys', press('Use a protected file instead')],
    ['keys-add', 'full', 'keys', press('Add a key')],
    ['keys-limit', 'full', 'keys', press('Limit the Anthropic key default')],
    ['keys-found', 'full', 'keys', steps(press('Look in a .env file…'), (page) => page.getByText('already here').waitFor())],
    [
      'keys-found-many',
      'many',
      'keys',
      steps(press('Look in a .env file…'), fill('Look through these keys', 'box_1'), (page) =>
        page.getByText('BOX_12_API_KEY').waitFor(),
      ),
    ],
    ['overview-none-fits', 'many', 'overview', fill('Find a stopped site', 'nothing like it')],
    [
      'keys-tested',
      'full',
      'keys',
      steps(
        press('Test the OpenAI key personal'),
        press('Test the OpenAI key work'),
        (page) => page.getByText('The provider says:').waitFor(),
        (page) => page.getByText('Works.').waitFor(),
      ),
    ],
    ['activity-narrowed', 'full', 'activity', (page) => page.getByLabel('What happened').selectOption('Refused by Oaklock')],
    [
      'activity-saving',
      'full',
      'activity',
      steps(
        (page) => page.evaluate(() => window.oaklockFake.saved(0, 0)),
        press('Save as CSV…'),
        (page) => page.evaluate(() => window.oaklockFake.saved(21_000, 40)),
      ),
    ],
    ['activity-numbers', 'full', 'activity', (page) => page.getByText('Show the numbers').click()],
    ['settings-provider', 'full', 'settings', press('Add a provider')],
    ['settings-limit', 'full', 'settings', press('Limit what all sites together may take')],
    ['settings-remove', 'full', 'settings', press('Remove My models')],
    ['prices-change', 'full', 'prices', press('Change the price of claude-sonnet-4-5')],
    ['question', 'question', 'overview', awake],
    ['question-queue', 'queue', 'overview', steps((page) => page.getByText('1 of 3').waitFor(), awake)],
    ['question-no-key', 'queue', 'overview', steps(press('Deny'), (page) => page.getByText('1 of 2').waitFor())],
    ['question-missed', 'full', 'overview', answer('https://someone.github.io')],
    ['question-armed', 'question', 'overview', steps(awake, (page) => byName(page, 'Allow').press('Enter'))],
    ['first-1', 'first', 'overview'],
    ...[2, 3, 4].map((n) => [`first-${n}`, 'first', 'overview', undefined, `first_steps=${n}`]),
    ['stuck', 'stuck', 'overview'],
    ['gone', 'gone', 'overview'],
    ['broken', 'broken', 'overview'],
  ])
  .map(([name, scene, view, then = async () => {}, query = '']) => ({ name, scene, view, then, query }))

/** Goes to a state and waits until nothing moves any more there. */
export async function enter(user, state, how = {}) {
  const page = await user.open(state.scene, { ...how, view: state.view, query: state.query })
  if (state.scene !== 'stuck') await page.evaluate(() => window.oaklockFake.quiet())
  await state.then(page)
  await still(page)
  return page
}

/** Waits until no call is under way and what fades in is there. */
export async function still(page) {
  await page.evaluate(() => window.oaklockFake.quiet())
  await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {}))))
}
