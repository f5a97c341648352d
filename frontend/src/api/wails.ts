// The door in the window: the methods that are bound there, and the agent's events.

import * as bound from '../../wailsjs/go/app/API'
import { ClipboardSetText, EventsOn } from '../../wailsjs/runtime/runtime'
import { doorError, type App, type Door, type FoundKeys, type Grant, type Question, type Site, type State } from './index'

/** Go writes an empty list as null unless told otherwise, and the generated types do not say so. */
const list = <T>(items: T[] | null | undefined): T[] => items ?? []

/** Passes a call's answer on, and its error as a DoorError. */
async function through<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (reason) {
    throw doorError(reason)
  }
}

const question = (q: Question): Question => ({
  ...q,
  providers: list(q.providers).map((p) => ({ ...p, keys: list(p.keys) })),
  granted: list(q.granted),
  warnings: list(q.warnings),
  offer: { ...q.offer, classes: list(q.offer.classes), models: list(q.offer.models) },
})

const state = (s: State): State => ({
  ...s,
  problems: list(s.problems),
  questions: list(s.questions).map(question),
  missed: list(s.missed).map(question),
  running: list(s.running),
  overLimit: list(s.overLimit),
  paused: list(s.paused),
})

const found = (f: FoundKeys): FoundKeys => ({ ...f, keys: list(f.keys).map((k) => ({ ...k, variables: list(k.variables) })) })

const grant = (g: Grant): Grant => ({ ...g, classes: list(g.classes), models: list(g.models) })
const app = (a: App): App => ({ ...a, grants: list(a.grants).map(grant) })
const site = (s: Site): Site => ({ ...s, grants: list(s.grants).map(grant) })

export function wailsDoor(): Door {
  return {
    state: async () => state(await through(bound.State())),

    allow: (answer) => through(bound.Allow(answer)),
    deny: (answer) => through(bound.Deny(answer)),
    block: (answer) => through(bound.Block(answer)),

    sites: async () => list(await through(bound.Sites())).map(site),
    allowSite: (s) => through(bound.AllowSite(s)),
    revokeSite: (ref) => through(bound.RevokeSite(ref)),
    denySite: (ref) => through(bound.DenySite(ref)),
    blockSite: (ref) => through(bound.BlockSite(ref)),
    unblockSite: (ref) => through(bound.UnblockSite(ref)),
    resumeSite: (ref) => through(bound.ResumeSite(ref)),

    doubts: async () => list(await through(bound.Doubts())),
    trust: () => through(bound.Trust()),

    apps: async () => list(await through(bound.Apps())).map(app),
    addApp: async (a) => app(await through(bound.AddApp(a))),
    removeApp: (name) => through(bound.RemoveApp(name)),
    takeAppBack: (name) => through(bound.TakeAppBack(name)),

    keys: async () => list(await through(bound.Keys())),
    addKey: (key) => through(bound.AddKey(key)),
    testKey: (ref) => through(bound.TestKey(ref)),
    removeKey: (ref) => through(bound.RemoveKey(ref)),
    takeKeyBack: (ref) => through(bound.TakeKeyBack(ref)),
    limitKey: (limit) => through(bound.LimitKey(limit)),

    findKeys: async (where, title = '') => found(await through(bound.FindKeys(where, title))),
    importKey: (id, label) => through(bound.ImportKey(id, label)),

    providers: async () => list(await through(bound.Providers())),
    setProvider: (p) => through(bound.SetProvider(p)),
    removeProvider: (id) => through(bound.RemoveProvider(id)),
    openKeysPage: (provider) => through(bound.OpenKeysPage(provider)),

    prices: async () => list(await through(bound.Prices())).map((p) => ({ ...p, aliases: list(p.aliases) })),
    setPrice: (price) => through(bound.SetPrice(price)),
    resetPrice: (ref) => through(bound.ResetPrice(ref)),

    log: async (filter) => list(await through(bound.Log(filter))),
    exportLog: async (filter, format, title, told) => {
      const stop = EventsOn('saved', told)
      try {
        return await through(bound.ExportLog(filter, format, title))
      } finally {
        stop()
      }
    },
    usage: async (filter) => list(await through(bound.Usage(filter))),
    raiseLimit: (raise) => through(bound.RaiseLimit(raise)),

    settings: async () => list(await through(bound.Settings())),
    setSetting: (name, value) => through(bound.SetSetting(name, value)),

    systemLanguage: () => through(bound.SystemLanguage()),

    startDemo: () => through(bound.StartDemo()),
    stopDemo: () => through(bound.StopDemo()),
    openDemo: () => through(bound.OpenDemo()),

    pause: () => through(bound.Pause()),
    resume: () => through(bound.Resume()),
    lock: () => through(bound.Lock()),
    unlock: (unlock) => through(bound.Unlock(unlock)),
    stopRunning: (id) => through(bound.StopRunning(id)),

    copy: async (text) => {
      await ClipboardSetText(text)
    },

    onLook: (look) => EventsOn('look', look),
    onShow: (shown) => EventsOn('show', shown),
  }
}
