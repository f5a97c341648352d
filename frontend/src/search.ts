// Looking for something in a list as a person types it: with the slash of an address bar, and in the letters that a browser shows for
// an address that is kept in ASCII.

/** Whether what was typed stands in one of these. */
export function fits(typed: string, ...of: string[]): boolean {
  const wanted = typed
    .trim()
    .normalize('NFC')
    .toLowerCase()
    .replace(/^([a-z]+:\/\/[^/]+)\/.*$/, '$1')
    .replace(/\/$/, '')
  const all = of.join(' ').toLowerCase()
  return all.includes(wanted) || all.replace(/xn--[a-z0-9-]+/g, inUnicode).includes(wanted)
}

/** A label of a host in the letters that it stands for (RFC 3492, 6.2); one that stands for none as it is. */
function inUnicode(label: string): string {
  const coded = label.slice('xn--'.length)
  const end = coded.lastIndexOf('-')
  const letters = [...coded.slice(0, Math.max(end, 0))]
  let code = 128
  let place = 0
  let bias = 72
  for (let at = end + 1; at < coded.length;) {
    const before = place
    let weight = 1
    for (let k = 36; ; k += 36) {
      const digit = '0123456789'.includes(coded.charAt(at)) ? coded.charCodeAt(at) - 22 : coded.charCodeAt(at) - 97
      at++
      if (!(digit >= 0 && digit < 36)) return label
      place += digit * weight
      const least = Math.min(Math.max(k - bias, 1), 26)
      if (digit < least) break
      weight *= 36 - least
    }
    const count = letters.length + 1
    bias = adapted(place - before, count, before === 0)
    code += Math.floor(place / count)
    if (!(code <= 0x10ffff)) return label
    place %= count
    letters.splice(place++, 0, String.fromCodePoint(code))
  }
  return letters.join('')
}

function adapted(delta: number, count: number, isFirst: boolean): number {
  let d = Math.floor(delta / (isFirst ? 700 : 2))
  d += Math.floor(d / count)
  let k = 0
  for (; d > 455; k += 36) d = Math.floor(d / 35)
  return k + Math.floor((36 * d) / (d + 38))
}
