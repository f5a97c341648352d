// What the interface says, in the language in force. en.ts and es.ts hold the sentences; say.ts chooses among them by what is so.
//
// Each section is a live view: it always answers with the language in force, and a view of the interface that reads it is drawn
// anew when that changes. So it is read where it is shown, and not kept.

import { locale, type Language } from '../locale.svelte'
import { en, type Words } from './en'
import { es } from './es'

export const inLanguage: Record<Language, Words> = { en, es }

const live = <S extends keyof Words>(section: S): Words[S] =>
  new Proxy(en[section], {
    get: (_, key) => Reflect.get(inLanguage[locale().language][section], key),
  })

export const nav = live('nav')
export const common = live('common')
export const errors = live('errors')
export const gone = live('gone')
export const failed = live('failed')
export const states = live('states')
export const first = live('first')
export const overview = live('overview')
export const question = live('question')
export const stopped = live('stopped')
export const use = live('use')
export const price = live('price')
export const prices = live('prices')
export const terms = live('terms')
export const limits = live('limits')
export const sites = live('sites')
export const apps = live('apps')
export const doubts = live('doubts')
export const keys = live('keys')
export const find = live('find')
export const vault = live('vault')
export const activity = live('activity')
export const costs = live('costs')
export const outcomes = live('outcomes')
export const settings = live('settings')
export const setting = live('setting')
export const headlines = live('headline')
export const sublines = live('subline')
export const outcomeWords = live('outcome')
