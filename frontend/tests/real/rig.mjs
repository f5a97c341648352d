// The agent, a provider, and the window's development build, whose server lets a browser use the window's real bindings: what is
// pressed in Chromium goes through Go's side of the window and the control socket to the agent.
//
// That server takes bound calls from every page that reaches it, so the build is for tests alone and is never shipped.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

const run = promisify(execFile)
const patience = 30_000

const need = (name) => process.env[name] ?? assert.fail(`${name} names no program: run "make test-window"`)

/** Answers chat completions. What asks for the model "slow" gets a beginning and no end. */
async function startProvider() {
  const seen = []
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (part) => (body += part))
    req.on('end', () => {
      seen.push({ path: req.url, key: req.headers.authorization })
      res.setHeader('Content-Type', 'application/json')
      if (!req.headers.authorization?.includes('good')) {
        res.statusCode = 401
        return res.end(JSON.stringify({ error: { message: 'Incorrect API key provided.' } }))
      }
      if (req.method === 'GET') return res.end(JSON.stringify({ object: 'list', data: [{ id: 'gpt-4o-mini' }] }))
      const { model, stream } = JSON.parse(body)
      if (stream) {
        res.setHeader('Content-Type', 'text/event-stream')
        return void res.write(`data: ${JSON.stringify({ model, choices: [{ delta: { content: 'It begins' } }] })}\n\n`)
      }
      const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }
      res.end(JSON.stringify({ model, choices: [{ message: { role: 'assistant', content: 'Yes.' } }], usage }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => (server.closeAllConnections(), server.close()),
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

export async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'oaklock-window-'))
  const children = []
  const said = []
  // Nothing of the machine's own session: no bus and so no keychain, and nobody's list of what starts at login.
  const env = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    OAKLOCK_HOME: join(folder, 'oaklock'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'no-bus')}`,
    NO_AT_BRIDGE: '1',
  }
  /** Starts a program and waits until a line of it says what is looked for. */
  const launch = async (file, args, more, ready) => {
    const child = spawn(file, args, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    children.push(child)
    child.ended = once(child, 'exit')
    const found = new Promise((resolve, reject) => {
      for (const stream of [child.stdio[1], child.stdio[2], child.stdio[3]]) {
        createInterface({ input: stream }).on('line', (line) => {
          said.push(line)
          const match = ready.exec(line)
          if (match) resolve(match)
        })
      }
      void child.ended.then(() => reject(new Error(`${file} ended:\n${said.join('\n')}`)))
    })
    found.catch(() => {}) // it may end later, when nobody waits
    return [child, await found]
  }

  const oaklock = async (...args) => (await run(need('OAKLOCK_BIN'), args, { env })).stdout
  const provider = await startProvider()
  const [agent, [, endpoint]] = await launch(
    need('OAKLOCK_BIN'),
    ['agent', '--headless', '--port', '0'],
    {},
    /pages at (http:\S+)/,
  )
  await oaklock('providers', 'set', 'openai', '--base-url', `${provider.url}/v1`)

  const [, [display]] = await launch(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1000x800x24', '-nolisten', 'tcp'],
    {},
    /^(\d+)$/,
  )
  const address = `127.0.0.1:${await freePort()}`
  const [view] = await launch(
    need('OAKLOCK_WINDOW_DEV_BIN'),
    [],
    { DISPLAY: `:${display}`, devserver: address },
    /Handling request '\/assets\//, // its own web view has loaded the page
  )

  const browser = await chromium.launch({
    executablePath: process.env.OAKLOCK_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  const context = await browser.newContext({ viewport: { width: 1040, height: 780 }, reducedMotion: 'reduce', locale: 'en-GB' })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', (e) => complaints.push(String(e)))
  // The development server's own script sets styles, which the window's policy forbids.
  const isOurs = (m) => !m.location().url.includes('/wails/')
  page.on('console', (m) => m.type() === 'error' && isOurs(m) && complaints.push(m.text() + ' ' + m.location().url))
  await page.goto(`http://${address}/`)

  return {
    page,
    context,
    complaints,
    said,
    agent,
    view,
    provider,
    oaklock,
    json: async (...args) => JSON.parse(await oaklock(...args, '--json')),
    /** Sends a page's request; the answer has its status and its text, or the error that cut it. leave closes the page. */
    ask: (origin, body = {}, headers = { Origin: origin, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }) => {
      let req
      const answer = new Promise((resolve) => {
        req = request(`${endpoint}/llm/openai/chat/completions`, {
          method: 'POST',
          agent: false,
          headers: { 'Content-Type': 'application/json', Authorization: 'Bearer oaklock', ...headers },
        })
        req.on('error', (error) => resolve({ status: 0, text: String(error) }))
        req.on('response', (res) => {
          let text = ''
          res.on('data', (part) => (text += part))
          res.on('error', (error) => resolve({ status: res.statusCode, text, cut: String(error) }))
          res.on('end', () => resolve({ status: res.statusCode, text }))
        })
        req.end(JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Well?' }], max_tokens: 16, ...body }))
      })
      return Object.assign(answer, { leave: () => req.destroy() })
    },
    /** Answers the system's own dialog, which has this title, with a new file, and gives what is then in it. */
    async saveAs(title, name) {
      const path = join(folder, name)
      const hand = (...args) => run('xdotool', args, { env: { ...env, DISPLAY: `:${display}` }, timeout: patience })
      const { stdout } = await hand('search', '--sync', '--onlyvisible', '--name', `^${title}$`)
      await hand('windowfocus', '--sync', stdout.trim().split('\n')[0])
      await hand('key', 'ctrl+a')
      await hand('type', '--delay', '20', path)
      await hand('key', 'Return')
      await page.getByText(name).first().waitFor()
      return readFile(path, 'utf8')
    },
    async stop() {
      await browser.close()
      provider.stop()
      for (const child of children.reverse()) {
        child.kill(child.spawnfile === 'Xvfb' ? 'SIGTERM' : 'SIGKILL')
        await child.ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
