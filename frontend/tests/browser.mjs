// Builds the interface with its fake host, serves it, and opens it in Chromium. Shared by the browser tests and the pictures.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const root = new URL('..', import.meta.url).pathname

/** Starts everything, the browser with these variables too; the answer opens pages and stops it all. */
export async function start(env = {}) {
  const outDir = await mkdtemp(join(tmpdir(), 'oaklock-interface-'))
  const config = { root, mode: 'fake', logLevel: 'warn', build: { outDir, emptyOutDir: true } }
  await build(config)
  const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0, strictPort: false } })
  const address = server.resolvedUrls.local[0]
  const browser = await chromium.launch({
    executablePath: process.env.OAKLOCK_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--font-render-hinting=none'],
    env: { ...process.env, ...env },
  })

  return {
    /** Opens a scene of the fake host at a view. Whatever the page complains about is in page.complaints. */
    async open(
      scene,
      { view = 'overview', dark = false, width = 1040, height = 780, reduced = true, query = '', locale = 'en-GB', at } = {},
    ) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: reduced ? 'reduce' : 'no-preference',
        locale,
        ...(at ? { timezoneId: 'UTC' } : {}),
      })
      const page = await context.newPage()
      if (at) await page.clock.setFixedTime(new Date(at))
      page.complaints = []
      page.on('pageerror', (e) => page.complaints.push(String(e)))
      page.on('console', (m) => {
        if (m.type() === 'error' || m.type() === 'warning') page.complaints.push(m.text())
      })
      await page.goto(`${address}?fake=${scene}&${query}#/${view}`)
      await page.waitForSelector('main')
      return page
    },
    async stop() {
      await browser.close()
      await server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}
