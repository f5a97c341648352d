// How values look to a person, in the locale in force. No sentences here (words) and no markup.

import { locale, type Language } from './locale.svelte'

/** An origin in the parts that the interface marks differently; joined together they are the origin again. */
export interface OriginParts {
  scheme: string
  before: string
  /** The part that says whose site it is; empty when the host does not end with it: better no emphasis than a wrong one. */
  site: string
  port: string
}

export function splitOrigin(origin: string, site: string): OriginParts {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//.exec(origin)?.[0] ?? ''
  const rest = origin.slice(scheme.length)
  // Anchored at the end: the host of an IPv6 address stands in brackets and has colons of its own.
  const port = /:\d+$/.exec(rest)?.[0] ?? ''
  const host = rest.slice(0, rest.length - port.length)
  const isSuffix = site !== '' && (host === site || host.endsWith('.' + site))
  if (!isSuffix) return { scheme, before: host, site: '', port }
  return { scheme, before: host.slice(0, host.length - site.length), site, port }
}

/** An endpoint as people write it: without the port that its scheme means anyway. */
export const withoutUsualPort = (endpoint: string): string => endpoint.replace(/^(https:.*):443$|^(http:.*):80$/, '$1$2')

/** The words of a page, made safe to show inside a sentence: one line, no characters that are invisible or that turn the
 * direction of the text around, and not longer than a glance. */
export function pagesWords(text: string, longest = 80): string {
  const visible = text.replace(
    // Controls, format characters (bidirectional overrides among them), separators other than space, surrogates, unassigned.
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}\p{Co}]/gu,
    (c) => '\\u{' + (c.codePointAt(0) ?? 0).toString(16) + '}',
  )
  const letters = [...visible]
  return letters.length > longest ? letters.slice(0, longest - 1).join('') + '…' : visible
}

// Intl's formatters are slow to make and every row of a table needs several.
const made = new Map<string, unknown>()
function once<T>(name: string, make: (tag: string) => T): T {
  const { tag } = locale()
  const id = name + tag
  if (!made.has(id)) made.set(id, make(tag))
  return made.get(id) as T
}

/** US dollars from millionths: $1.00, $0.25, $1,000.00; up to six digits where cents do not say it. */
export function dollars(millionths: number): string {
  const most = millionths % 10_000 === 0 ? 2 : 6
  const format = once(
    `dollars${most}`,
    (tag) =>
      new Intl.NumberFormat(tag, {
        style: 'currency',
        currency: 'USD',
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: 2,
        maximumFractionDigits: most,
      }),
  )
  return format.format(millionths / 1_000_000)
}

/** How numbers are written: the mark before the decimals, and the one between thousands. */
function marks(): { decimal: string; group: string } {
  const parts = once('marks', (tag) => new Intl.NumberFormat(tag, { useGrouping: 'always' }).formatToParts(12345.6))
  const mark = (type: string, usual: string) => parts.find((p) => p.type === type)?.value ?? usual
  return { decimal: mark('decimal', '.'), group: mark('group', ',') }
}

/** Millionths from what a person typed, "1", "$0.50", "1,000" or, where it is written so, "0,50"; NaN when it is not an amount
 * above zero, or could be two different ones. */
export function millionths(typed: string): number {
  const { decimal, group } = marks()
  const text = typed
    .trim()
    .replace(/^(US)?\$\s*|\s*(US)?\$$/g, '')
    .replace(/[\s\u00a0\u202f](?=\d)/g, '')
  let plain = NaN
  // One or two digits behind a mark are cents, whichever mark it is: thousands have three.
  if (/^\d{1,7}([.,]\d{1,2})?$/.test(text)) plain = Number(text.replace(',', '.'))
  else {
    const whole = text.split(decimal)
    const [front = '', behind = '0'] = whole
    const grouped = /^[.,]$/.test(group) ? new RegExp(`^\\d{1,3}(\\${group}\\d{3})+$`).test(front) : false
    if (whole.length <= 2 && (grouped || /^\d{1,7}$/.test(front)) && /^\d{1,6}$/.test(behind)) {
      plain = Number(front.replaceAll(group, '') + '.' + behind)
    }
  }
  const amount = Math.round(plain * 1_000_000)
  return amount > 0 && amount < 1e13 ? amount : NaN
}

/** Like millionths, where nothing is an amount too. */
export const amountOrNothing = (typed: string): number => (/^\$?0+([.,]0+)?$/.test(typed.trim()) ? 0 : millionths(typed))

/** An amount as it stands in a field, so that millionths reads it again: "0.075", or where it is written so "0,075". */
export const amountField = (amount: number): string => String(amount / 1_000_000).replace('.', marks().decimal)

/** A whole number above zero from what a person typed, "5000", "1,000,000" or "1 000 000"; NaN when it is none. */
export function wholeNumber(typed: string): number {
  const text = typed.trim()
  if (!/^\d{1,3}([.,\s\u00a0\u202f]\d{3})+$|^\d{1,15}$/.test(text)) return NaN
  const n = Number(text.replace(/\D/g, ''))
  return n > 0 && Number.isSafeInteger(n) ? n : NaN
}

/** A whole number with thousands apart. */
export const count = (n: number): string =>
  once('count', (tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 })).format(n)

/** A share of something: "40 %" or as the locale writes it. */
export const percent = (share: number): string =>
  once('percent', (tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 })).format(share)

const pluralRules: Record<Language, Intl.PluralRules> = { en: new Intl.PluralRules('en'), es: new Intl.PluralRules('es') }

/** A number with the form of the word that belongs to it: "1 key", "2 keys", "1.000.000 de claves". */
export function plurals(language: Language, n: number, one: string, other: string): string {
  const form = pluralRules[language].select(n)
  if (form === 'one') return `${count(n)} ${one}`
  // In Spanish a million is a noun.
  return form === 'many' ? `${count(n)} de ${other}` : `${count(n)} ${other}`
}

/** "a", "a and b", "a, b and c". */
export const and = (items: string[]): string =>
  once('and', (tag) => new Intl.ListFormat(tag, { type: 'conjunction' })).format(items)

const unit = (n: number, name: string): string =>
  once(`unit ${name}`, (tag) => new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay: 'long' })).format(n)

/** A duration in its two largest units at most. */
export function duration(millis: number): string {
  const s = Math.max(0, Math.floor(millis / 1000))
  if (s < 60) return `${s} s`
  const m = Math.floor(s / 60)
  if (m < 60) return m < 10 && s % 60 ? `${m} min ${s % 60} s` : `${m} min`
  const h = Math.floor(m / 60)
  if (h < 48) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`
  return unit(Math.floor(h / 24), 'day')
}

const decimals = (n: number, digits: number): string =>
  once(
    `decimals${digits}`,
    (tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ).format(n)

/** How long a request took. */
export const took = (millis: number): string => (millis < 1000 ? `${Math.round(millis)} ms` : `${decimals(millis / 1000, 1)} s`)

/** Bytes for people. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  if (n < 1_000_000) return `${decimals(n / 1000, n < 10_000 ? 1 : 0)} kB`
  return `${decimals(n / 1_000_000, 1)} MB`
}

const dates = (name: string, options: Intl.DateTimeFormatOptions, at: number | Date): string =>
  once(name, (tag) => new Intl.DateTimeFormat(tag, options)).format(at)

/** A day: "3 Feb", or with its year where that is another than this one. */
export function dayOf(at: number, now: number): string {
  const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return thisYear
    ? dates('day', { day: 'numeric', month: 'short' }, at)
    : dates('dayYear', { day: 'numeric', month: 'short', year: 'numeric' }, at)
}

/** A moment: "14:05" today, "3 Feb, 14:05" this year, "3 Feb 2025" before. */
export function moment(at: number, now: number, seconds = false): string {
  const then = new Date(at)
  const today = new Date(now)
  const clock = seconds
    ? dates('seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit' }, then)
    : dates('clock', { hour: '2-digit', minute: '2-digit' }, then)
  if (then.toDateString() === today.toDateString()) return clock
  return then.getFullYear() === today.getFullYear() ? `${dayOf(at, now)}, ${clock}` : dayOf(at, now)
}

/** How long ago: justNow, "5 min ago", "3 h ago", then the moment. */
export function ago(at: number, now: number, justNow: string): string {
  const gone = now - at
  if (gone < 60_000) return justNow
  const relative = once('ago', (tag) => new Intl.RelativeTimeFormat(tag, { style: 'short' }))
  if (gone < 3_600_000) return relative.format(-Math.floor(gone / 60_000), 'minute')
  if (gone < 12 * 3_600_000) return relative.format(-Math.floor(gone / 3_600_000), 'hour')
  return moment(at, now)
}
