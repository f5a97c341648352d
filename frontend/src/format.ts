// How values look to a person. No sentences here (words.ts) and no markup.

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

/** US dollars from millionths: $1.00, $0.25, $1,000.00; up to six digits where cents do not say it. */
export function dollars(millionths: number): string {
  const cents = millionths % 10_000 === 0
  return (millionths / 1_000_000).toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: cents ? 2 : 6,
  })
}

/** Millionths from what a person typed, "1", "$0.50", "1,000"; NaN when it is not an amount above zero. */
export function millionths(typed: string): number {
  const text = typed.trim().replace(/^\$\s*/, '')
  if (!/^(\d{1,3}(,\d{3})+|\d{1,7})(\.\d{1,6})?$/.test(text)) return NaN
  const amount = Math.round(Number(text.replaceAll(',', '')) * 1_000_000)
  return amount > 0 ? amount : NaN
}

/** A whole number with thousands apart. */
export const count = (n: number): string => n.toLocaleString('en-US')

/** A duration in its two largest units at most. */
export function duration(millis: number): string {
  const s = Math.max(0, Math.floor(millis / 1000))
  if (s < 60) return `${s} s`
  const m = Math.floor(s / 60)
  if (m < 60) return m < 10 && s % 60 ? `${m} min ${s % 60} s` : `${m} min`
  const h = Math.floor(m / 60)
  if (h < 48) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`
  return `${Math.floor(h / 24)} days`
}

/** How long a request took. */
export const took = (millis: number): string => (millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`)

/** Bytes for people. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  if (n < 1_000_000) return `${(n / 1000).toFixed(n < 10_000 ? 1 : 0)} kB`
  return `${(n / 1_000_000).toFixed(1)} MB`
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const dayThisYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const clockSeconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString()

/** A moment: "14:05" today, "3 Feb, 14:05" this year, "3 Feb 2025" before. */
export function moment(at: number, now: number, seconds = false): string {
  const then = new Date(at)
  const today = new Date(now)
  const time = (seconds ? clockSeconds : clock).format(then)
  if (sameDay(then, today)) return time
  return then.getFullYear() === today.getFullYear() ? `${dayThisYear.format(then)}, ${time}` : day.format(then)
}

/** How long ago: "just now", "5 min ago", "3 h ago", then the moment. */
export function ago(at: number, now: number): string {
  const gone = now - at
  if (gone < 60_000) return 'just now'
  if (gone < 3_600_000) return `${Math.floor(gone / 60_000)} min ago`
  if (gone < 12 * 3_600_000) return `${Math.floor(gone / 3_600_000)} h ago`
  return moment(at, now)
}
