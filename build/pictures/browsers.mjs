// Makes docs/pictures/permission-*.png: what Chromium and Firefox ask when a page on the internet reaches for this machine.
//
//   node build/pictures/browsers.mjs FOLDER
//
// Needs Xvfb, openbox, xdotool, import (ImageMagick), openssl, certutil (Debian: libnss3-tools), chromium and firefox-esr. A page is
// served over https here, and both browsers are told to take its address for a public one, as in the tests
// (internal/oaktest/browser). Nothing is sent to the internet.
import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as http } from 'node:http'
import { createServer as https } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = process.argv[2]
if (!folder) {
  console.error('usage: node build/pictures/browsers.mjs FOLDER')
  process.exit(2)
}
const host = 'research.example'
const tmp = mkdtempSync(join(tmpdir(), 'pictures-'))
const started = []
const run = (name, args, options = {}) => {
  const child = spawn(name, args, { stdio: 'ignore', detached: true, ...options })
  started.push(child)
  return child
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms)) // pictures only: browsers do not say when they have drawn

// A root and a leaf, made anew each time.
execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=pictures', '-keyout', join(tmp, 'ca.key'), '-out', join(tmp, 'ca.pem')], { stdio: 'ignore' })
execFileSync('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${host}`, '-keyout', join(tmp, 'key.pem'), '-out', join(tmp, 'leaf.csr')], { stdio: 'ignore' })
writeFileSync(join(tmp, 'ext'), `subjectAltName=DNS:${host}\n`)
execFileSync('openssl', ['x509', '-req', '-days', '2', '-in', join(tmp, 'leaf.csr'), '-CA', join(tmp, 'ca.pem'), '-CAkey', join(tmp, 'ca.key'), '-extfile', join(tmp, 'ext'), '-out', join(tmp, 'cert.pem')], { stdio: 'ignore' })
const spki = execFileSync('sh', ['-c', `openssl x509 -in ${join(tmp, 'cert.pem')} -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`]).toString().trim()

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const local = http((_, answer) => answer.end('{}'))
const port = await listen(local)
const page = https({ key: readFileSync(join(tmp, 'key.pem')), cert: readFileSync(join(tmp, 'cert.pem')) }, (_, answer) => {
  answer.setHeader('Content-Type', 'text/html; charset=utf-8')
  answer.end(`<!doctype html><title>Research</title><body style="font:18px sans-serif;margin:3em"><h1>Research team</h1>
<p>Three agents look into a subject and write a report, with your own key.</p><script>fetch('http://127.0.0.1:${port}/').catch(() => {})</script>`)
})
const pagePort = await listen(page)

async function screen(browser) {
  const x = run('Xvfb', ['-displayfd', '3', '-screen', '0', '1000x620x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const display = await new Promise((done) => x.stdio[3].once('data', (b) => done(':' + b.toString().trim())))
  const env = { ...process.env, DISPLAY: display, HOME: tmp, LANG: 'en_US.UTF-8', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent', MOZ_ENABLE_WAYLAND: '0' }
  run('openbox', [], { env })
  const b = browser(env)
  const picture = (name) =>
    execFileSync('import', ['-window', 'root', '-display', display, '-crop', '1000x430+0+0', '+repage', '-depth', '8', '-define', 'png:exclude-chunks=date,time', join(folder, name)], { env })
  const click = ([x, y]) => execFileSync('xdotool', ['mousemove', String(x), String(y), 'click', '1'], { env })
  await pause(12_000)
  picture(`permission-${b.name}.png`)
  // And how a no is taken back: it is said, and then the browser's own panel about the site is opened.
  click(b.block)
  await pause(3_000)
  click(b.panel)
  await pause(3_000)
  picture(`permission-${b.name}-again.png`)
  kill(b.child)
  kill(x)
}
const kill = (child) => {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

const chromium = (env) => ({
  name: 'chromium',
  block: [310, 241],
  panel: [142, 62],
  child: run('chromium', ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--test-type',
    `--user-data-dir=${join(tmp, 'chromium')}`, '--window-position=0,0', '--window-size=1000,620', `--host-resolver-rules=MAP ${host}:443 127.0.0.1:${pagePort}`,
    `--ip-address-space-overrides=127.0.0.1:${pagePort}=public`, `--ignore-certificate-errors-spki-list=${spki}`, `https://${host}/`], { env }),
})

const firefox = (env) => {
  const profile = join(tmp, 'firefox')
  mkdirSync(profile)
  execFileSync('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password'], { stdio: 'ignore' })
  execFileSync('certutil', ['-A', '-d', `sql:${profile}`, '-n', 'pictures', '-t', 'C,,', '-i', join(tmp, 'ca.pem')], { stdio: 'ignore' })
  const prefs = {
    'network.lna.address_space.public.override': `127.0.0.1:${pagePort}`, 'network.dns.localDomains': host, 'browser.aboutwelcome.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false, 'browser.shell.checkDefaultBrowser': false, 'termsofuse.bypassNotification': true,
    'toolkit.telemetry.reportingpolicy.firstRun': false, 'trailhead.firstrun.didSeeAboutWelcome': true, 'startup.homepage_welcome_url': '', 'browser.startup.homepage_override.mstone': 'ignore',
    'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false, 'app.normandy.enabled': false,
  }
  writeFileSync(join(profile, 'user.js'), Object.entries(prefs).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''))
  return { name: 'firefox', block: [504, 224], panel: [228, 84], child: run('firefox-esr', ['--no-remote', '--profile', profile, '--width', '1000', '--height', '620', `https://${host}:${pagePort}/`], { env }) }
}

try {
  await screen(chromium)
  await screen(firefox)
} finally {
  started.forEach(kill)
  local.close()
  page.close()
  local.closeAllConnections()
  page.closeAllConnections()
  rmSync(tmp, { recursive: true, force: true })
}
