// Chromium for the Go tests: node frontend/e2e/driver.mjs OPTIONS, where OPTIONS is one JSON object
//
//   { origins: [{ origin, port, spki, permission: 'granted' | 'denied' | 'unasked' }], executable?, headless? }
//
// With headless false it needs a display, and whoever listens on the accessibility bus hears the browser's own buttons too.
//
// Each origin is served on 127.0.0.1:port and counts as public; pages on localhost need none. Afterwards one JSON object per line: commands come in as
// { id, do, ... }, answers go out as { id, value } or { id, error }, and what happens meanwhile as { event, ... }.
//
//   open { url, page? }      opens a tab; the answer is its number, which the other commands take as "page"
//   reload, shut             of a tab
//   evaluate { script }      the value of an expression in the page, awaited
//   click { selector }
//   observed                 everything that the pages could have seen up to now
//   screenshot { path }
//   close                    ends the browser and this program; so does the end of the input
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { Recording } from './recording.mjs'

const options = JSON.parse(process.argv[2])
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** A browser that was never used before, with the permissions that the user is taken to have given. */
async function profile() {
  const folder = await mkdtemp(join(tmpdir(), 'oaklock-chromium-'))
  const setting = { granted: 1, denied: 2 }
  const permissions = {}
  for (const { origin, permission } of options.origins) {
    const value = setting[permission]
    // What Chromium itself writes when the user clicks Allow. Playwright's grantPermissions would do more than a user can.
    if (value) permissions[`${origin},*`] = { last_modified: '13400000000000000', setting: value }
  }
  await mkdir(join(folder, 'Default'))
  await writeFile(
    join(folder, 'Default', 'Preferences'),
    JSON.stringify({ profile: { content_settings: { exceptions: { loopback_network: permissions } } } }),
  )
  return folder
}

/** Every name but the origins' is unknown, so that no test can depend on a network. */
function resolverRules() {
  const rules = options.origins.map(({ origin, port }) => {
    const { hostname, port: asked } = new URL(origin)
    return `MAP ${hostname}:${asked || 443} 127.0.0.1:${port}`
  })
  return [...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE ::1', 'EXCLUDE localhost'].join(', ')
}

const folder = await profile()
const context = await chromium.launchPersistentContext(folder, {
  executablePath: options.executable ?? '/usr/bin/chromium',
  headless: options.headless ?? true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    ...(options.headless === false ? ['--force-renderer-accessibility', '--password-store=basic'] : []),
    `--host-resolver-rules=${resolverRules()}`,
    `--ip-address-space-overrides=${options.origins.map(({ port }) => `127.0.0.1:${port}=public`).join(',')}`,
    `--ignore-certificate-errors-spki-list=${options.origins.map(({ spki }) => spki).join(',')}`,
  ],
})
const recording = new Recording(say)
const pages = []

await context.exposeBinding('oaktestStatus', ({ page }, state, text) => {
  say({ event: 'status', page: pages.indexOf(page), state, text })
})

async function open({ url }) {
  const page = await context.newPage()
  const number = pages.push(page) - 1
  await recording.follow(await context.newCDPSession(page), page, number)
  await page.goto(url)
  return number
}

const commands = {
  open,
  reload: ({ page }) => pages[page].reload().then(() => null),
  shut: ({ page }) => pages[page].close().then(() => null),
  evaluate: ({ page, script }) => pages[page].evaluate(script),
  click: ({ page, selector }) => pages[page].click(selector).then(() => null),
  screenshot: ({ page, path }) => pages[page].screenshot({ path, fullPage: true }).then(() => null),
  observed: () => recording.everything(context, pages),
}

async function close() {
  await context.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

async function obey(line) {
  const { id, do: name, ...rest } = JSON.parse(line)
  try {
    const command = commands[name]
    if (!command) throw new Error(`there is no command called ${name}`)
    say({ id, value: (await command(rest)) ?? null })
  } catch (error) {
    say({ id, error: String(error) })
  }
}

say({ event: 'ready', version: context.browser()?.version() ?? '' })
for await (const line of createInterface({ input: process.stdin })) {
  if (JSON.parse(line).do === 'close') break
  void obey(line) // commands may overtake each other: waiting for a page must not stop a click
}
await close()
process.exit(0)
