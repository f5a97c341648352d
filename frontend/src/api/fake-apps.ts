// The apps of the fake door. Like the agent, it keeps what an app may do among the sites.

import { grant, minute } from './fake-data'
import { noLimits, type App, type Door, type Site, type Terms } from './index'

type Known = Pick<App, 'name' | 'hint' | 'added'>

const day = 24 * 60 * minute

export const fakeApps = (now: number): Known[] => [
  { name: 'notes-plugin', hint: 'Qx4A', added: now - 12 * day },
  { name: 'nightly-report', hint: 'b7Zk', added: now - 40 * day },
]

export const manyApps = (now: number): Known[] => [
  ...fakeApps(now),
  ...Array.from({ length: 22 }, (_, i) => ({ name: `script-${i + 1}`, hint: `s${String(100 + i)}`, added: now - i * day })),
]

const siteOf = (name: string, some: Partial<Site>): Site => ({
  origin: `app:${name}`,
  site: name,
  state: 'allowed',
  until: 0,
  lastUsed: 0,
  requests: 0,
  grants: [],
  ...some,
})

export const sitesOfApps = (now: number): Site[] => [
  siteOf('notes-plugin', {
    lastUsed: now - 50 * minute,
    requests: 312,
    grants: [
      grant('openai', 'OpenAI', {
        models: ['gpt-4o-mini', 'text-embedding-3-small'],
        limits: { ...noLimits(), costDay: 500_000 },
        expiresAt: now + 18 * day,
        givenAt: now - 12 * day,
        givenBy: 'command line',
        lastUsed: now - 50 * minute,
        credential: 'work',
      }),
    ],
  }),
  siteOf('nightly-report', {
    state: 'expired',
    lastUsed: now - 11 * day,
    requests: 28,
    grants: [
      grant('anthropic', 'Anthropic', {
        expired: true,
        expiresAt: now - 10 * day,
        givenAt: now - 40 * day,
        lastUsed: now - 11 * day,
      }),
    ],
  }),
]

/** What the rest of the fake lends to its apps. */
interface Host {
  apps: Known[]
  answer<T>(name: string, arg: unknown, f: () => T, changes?: boolean): Promise<T>
  sites(): Site[]
  setSites(to: Site[]): void
  give(origin: string, site: string, providers: string[], terms: Terms): void
  no(code: string, message: string): never
}

export function fakeAppDoor(host: Host): Pick<Door, 'apps' | 'addApp' | 'removeApp' | 'takeAppBack'> {
  let known = host.apps
  const removed = new Map<string, { app: Known; site: Site | undefined }>()
  const siteFor = (name: string) => host.sites().find((s) => s.origin === `app:${name}`)
  const shown = (a: Known): App => {
    const { state = 'none', lastUsed = 0, requests = 0, grants = [] } = siteFor(a.name) ?? {}
    return { ...a, origin: `app:${a.name}`, state, lastUsed, requests, grants }
  }
  return {
    apps: () => host.answer('apps', null, () => known.map(shown), false),
    // Like the calls about keys, this one is remembered without the key.
    addApp: ({ key, ...a }) =>
      host.answer('addApp', a, () => {
        if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(a.name))
          host.no('bad_input', 'The name of an app has small letters, digits and hyphens, 32 at most. Nothing was added.')
        if (!/^oaklock-app-[A-Za-z0-9_-]{43}$/.test(key))
          host.no(
            'bad_input',
            'The key of this app was not made as it should be, so nothing was added. Close this and try again.',
          )
        if (known.some((one) => one.name === a.name))
          host.no(
            'refused',
            'There is an app of this name already. Remove it first, or choose another name; nothing was changed.',
          )
        const app = { name: a.name, hint: key.slice(-4), added: Date.now() }
        known = [...known, app]
        host.give(`app:${a.name}`, a.name, a.providers, a.terms)
        return shown(app)
      }),
    removeApp: (name) =>
      host.answer('removeApp', name, () => {
        const app = known.find((one) => one.name === name) ?? host.no('not_found', 'There is no app of this name.')
        removed.set(name, { app, site: siteFor(name) })
        known = known.filter((one) => one !== app)
        host.setSites(host.sites().filter((s) => s.origin !== `app:${name}`))
      }),
    takeAppBack: (name) =>
      host.answer('takeAppBack', name, () => {
        const back = removed.get(name) ?? host.no('not_found', 'This app can no longer be taken back.')
        removed.delete(name)
        known = [...known, back.app]
        if (back.site) host.setSites([...host.sites(), back.site])
      }),
  }
}
