// Small pictures, and how far two are apart. The browser draws and reads them; nothing else has to know their format but for writing.

import { deflateSync, crc32 } from 'node:zlib'

/** Takes the pixels of a PNG in the page's browser. */
const pixels = async (page, png) => {
  const { width, height, data } = await page.evaluate(async (base64) => {
    const image = new Image()
    image.src = `data:image/png;base64,${base64}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    let text = ''
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768))
    return { width: image.width, height: image.height, data: btoa(text) }
  }, png.toString('base64'))
  return { width, height, data: Buffer.from(data, 'base64') }
}

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** The colours that a picture has most of, as many as a palette holds. Those of areas are among them; what is left are edges of
 * letters, for which a neighbour does. */
function paletteOf(colours) {
  const often = new Map()
  for (const c of colours) often.set(c, (often.get(c) ?? 0) + 1)
  const most = [...often].sort(([a, n], [b, m]) => m - n || a - b).slice(0, 256)
  return most.map(([c]) => c)
}

const distance = (a, b) =>
  Math.abs((a >> 16) - (b >> 16)) + Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)) + Math.abs((a & 255) - (b & 255))

/** The same picture with a palette (PNG, third edition, 11.2), packed as tightly as can be. */
export async function small(page, png) {
  const { width, height, data } = await pixels(page, png)
  const colours = Array.from({ length: width * height }, (_, i) => (data[i * 4] << 16) | (data[i * 4 + 1] << 8) | data[i * 4 + 2])
  const palette = paletteOf(colours)
  const place = new Map(palette.map((c, i) => [c, i]))
  const nearest = (colour) => {
    let best = 0
    for (let i = 1; i < palette.length; i++) if (distance(palette[i], colour) < distance(palette[best], colour)) best = i
    place.set(colour, best)
    return best
  }
  // Each row stands behind the zero that says "not filtered".
  const rows = Buffer.alloc(height * (width + 1))
  colours.forEach((c, i) => (rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = place.get(c) ?? nearest(c)))
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const table = Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', table),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The share of a picture that a person could tell apart, from 0 to 1; 1 where the sizes differ. It is looked at in squares of as many
 * pixels a side, each of which has the mean of its colours: the larger, the less it matters how letters are drawn. */
export async function apart(page, one, other, { side = 1, than = 48 } = {}) {
  const [a, b] = [await pixels(page, one), await pixels(page, other)]
  if (a.width !== b.width || a.height !== b.height) return 1
  const [wide, high] = [Math.ceil(a.width / side), Math.ceil(a.height / side)]
  const sums = new Float64Array(wide * high * 3)
  for (let i = 0; i < a.data.length; i++) {
    const colour = i % 4
    if (colour === 3) continue
    const pixel = (i - colour) / 4
    const square = Math.floor(pixel / a.width / side) * wide + Math.floor((pixel % a.width) / side)
    sums[square * 3 + colour] += a.data[i] - b.data[i]
  }
  let different = 0
  for (let i = 0; i < sums.length; i += 3) {
    if ([0, 1, 2].some((c) => Math.abs(sums[i + c]) > than * side * side)) different++
  }
  return different / (wide * high)
}
