// In whatever state, theme and size: nothing that axe-core knows to be a barrier, no text below 4.5:1, nothing wider than the window,
// nothing that moves against the user's will, and everything within reach of the keyboard.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { enter, states, still } from './states.mjs'
import { begin } from './user.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const user = begin()

/** What axe finds. Its own bound for large text is 3:1; ours is 4.5:1 for all. */
const barriers = (page) =>
  page.evaluate(async () => {
    const bound = { expected: 4.5 }
    window.axe.configure({
      checks: [{ id: 'color-contrast', options: { contrastRatio: { normal: bound, large: bound } } }],
    })
    const { violations } = await window.axe.run()
    return violations.map((v) => [v.id, ...v.nodes.map((n) => n.html + ' ' + n.failureSummary)])
  })

const tooWide = (page) =>
  page.evaluate(() => {
    const root = document.documentElement
    const dialog = document.querySelector('dialog[open]')
    const boxes = [root, ...(dialog ? [dialog] : [])]
    return boxes.filter((b) => b.scrollWidth > b.clientWidth).map((b) => `${b.tagName}: ${b.scrollWidth} in ${b.clientWidth}`)
  })

/** What can be read and is wider than its place, so that it is cut off or lies over something else, or has room for single letters
 * alone. */
const cutOff = (page) =>
  page.evaluate(() => {
    const within = document.querySelector('dialog[open]') ?? document
    return [...within.querySelectorAll('button, a, label, p, h1, h2, h3, span, strong, dt, dd, th, td, summary, legend')]
      .filter((e) => e.checkVisibility() && !e.closest('.unseen') && !e.querySelector('.unseen') && e.clientWidth > 1)
      .filter((e) => {
        const { display, fontSize } = getComputedStyle(e)
        const squeezed = e.textContent.trim().length > 6 && e.clientWidth < 3 * parseFloat(fontSize)
        return display !== 'inline' && (squeezed || e.scrollWidth > e.clientWidth + 1)
      })
      .map((e) => `${e.scrollWidth} in ${e.clientWidth}: ${e.outerHTML.slice(0, 120)}`)
  })

/** What is chosen in a list and cannot be read in full. */
const cutChoices = (page) =>
  page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')
    return [...document.querySelectorAll('dialog[open] select')]
      .map((e) => [e.selectedOptions[0].text, getComputedStyle(e), e.clientWidth])
      .filter(([text, style, width]) => {
        pen.font = style.font
        return pen.measureText(text).width > width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
      })
      .map(([text]) => text)
  })

/** Text alone in double size, as a browser has it whose user has chosen so. Answers whether the page follows. */
async function doubleText(page) {
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))
  const before = await size()
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } })
  return (await size()) === 2 * before
}

/** How the table of the log is drawn: by how much it is too wide, the words that are torn apart, into how many lines short endpoints
 * break, and by how much the edges of a row of several lines are uneven. */
const logAsDrawn = (page) =>
  page.evaluate(() => {
    const table = document.querySelector('main table[aria-label]')
    const range = document.createRange()
    const boxes = (node, from, to) => {
      range.setStart(node, from)
      range.setEnd(node, to)
      return [...range.getClientRects()].filter((r) => r.width > 0)
    }
    const linesOf = (rects) => new Set(rects.map((r) => Math.round(r.top))).size
    const torn = []
    const walker = document.createTreeWalker(table.tBodies[0], NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const node = walker.currentNode
      if (node.parentElement.closest('.unseen')) continue
      for (const word of node.data.matchAll(/[\p{L}\p{N}]+/gu))
        if (linesOf(boxes(node, word.index, word.index + word[0].length)) > 1) torn.push(node.data)
    }
    const all = (selector) => [...table.querySelectorAll(selector)]
    const lines = all('td.what .mono')
      .filter((e) => e.textContent.length < 25)
      .map((e) => {
        range.selectNodeContents(e)
        return linesOf([...range.getClientRects()])
      })
    const place = (e) => {
      range.selectNodeContents(e)
      return range.getBoundingClientRect()
    }
    const edges = [...table.tBodies[0].rows].flatMap((row) => {
      const [time, site, cost] = ['time', 'bdi', '.cost [aria-hidden]'].map((e) => place(row.querySelector(e)))
      const isBelow = time.bottom <= site.top + 1
      return Math.abs(isBelow ? time.left - site.left : time.right - cost.right)
    })
    return {
      wide: table.parentElement.scrollWidth - table.parentElement.clientWidth,
      torn,
      lines: [...new Set(lines)],
      uneven: Math.max(...edges),
    }
  })

/** What a person could press or type into and has not been reached. Of a group of radio buttons one stands for all. */
const unreached = (page) =>
  page.evaluate(() => {
    const within = document.querySelector('dialog[open]') ?? document
    const all = within.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')
    return [...all]
      .filter((e) => !e.disabled && e.checkVisibility() && !(e.type === 'radio' && !e.checked))
      .filter((e) => !window.reached.has(e))
      .map((e) => e.outerHTML.slice(0, 120))
  })

/** Goes through a page with the Tab key alone. */
async function walk(page) {
  await page.evaluate(() => (window.reached = new Set()))
  for (;;) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const e = document.activeElement
      if (e === document.body || e.tagName === 'DIALOG') return 'outside'
      const again = window.reached.has(e)
      window.reached.add(e)
      const box = e.getBoundingClientRect()
      const style = getComputedStyle(e)
      return {
        again,
        shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        behind: !e.closest('header') && !!document.elementFromPoint(box.left + 1, (box.top + box.bottom) / 2)?.closest('header'),
        what: e.outerHTML.slice(0, 120),
      }
    })
    if (at === 'outside') {
      if (await page.evaluate(() => window.wasOutside || !(window.wasOutside = true))) break
      continue
    }
    if (at.again) break
    assert.equal(at.shown, true, `the focus is not seen on ${at.what}`)
    assert.equal(at.inside, true, `the focus is outside the window on ${at.what}`)
    assert.equal(at.behind, false, `the focus is behind the navigation on ${at.what}`)
  }
  assert.deepEqual(await unreached(page), [])
}

describe('for everybody', () => {
  for (const state of states) {
    test(`${state.name}: no barrier in either theme, nothing too wide, nothing out of reach`, async () => {
      const page = await enter(user, state)
      if (!/-(loading|locked|paused)$/.test(state.name)) await walk(page)
      await page.evaluate(axe)
      assert.deepEqual(await barriers(page), [], 'in the light')
      await page.emulateMedia({ colorScheme: 'dark' })
      await still(page)
      assert.deepEqual(await barriers(page), [], 'in the dark')
      assert.deepEqual(await tooWide(page), [])
      // The narrowest window there is, and what is left of a usual one at 200 % zoom.
      for (const height of [480, 360]) {
        await page.setViewportSize({ width: 480, height })
        await still(page)
        assert.deepEqual(await tooWide(page), [], `at 480 × ${height}`)
      }
      // What is laid out anew there is looked at anew, too.
      if (!/-(loading|failing|locked|paused)$/.test(state.name)) assert.deepEqual(await barriers(page), [], 'in a narrow window')
      // The window as it opens at first.
      await page.setViewportSize({ width: 960, height: 720 })
      assert.equal(await doubleText(page), true)
      await still(page)
      assert.deepEqual(await tooWide(page), [], 'with text in double size')
      // Both at once: 240 pixels of the window at 200 % are what is left.
      for (const height of [720, 480]) {
        await page.setViewportSize({ width: 480, height })
        await still(page)
        assert.deepEqual(await tooWide(page), [], `with text in double size at 480 × ${height}`)
      }
      assert.deepEqual(await cutOff(page), [], 'with text in double size at 480')
      if (state.name.startsWith('question')) assert.deepEqual(await cutChoices(page), [], 'with text in double size at 480')
    })
  }

  for (const view of ['sites', 'settings']) {
    for (const size of ['usual', 'double']) {
      test(`${view}: in the smallest window, text in ${size} size, the navigation covers nothing that has the focus`, async () => {
        const page = await user.open('full', { view, width: 480, height: 480 })
        if (size === 'double') assert.equal(await doubleText(page), true)
        await still(page)
        await walk(page)
      })
    }
  }

  for (const [locale, shortest] of [
    ['en-GB', 'Answered'],
    ['es-ES', 'Respondida'],
  ]) {
    for (const [size, widths] of [
      ['usual', [1400, 960, 900, 760, 480]],
      ['double', [1400, 900, 480]],
    ]) {
      test(`${locale}, text in ${size} size: Activity's table fits and tears no word apart`, async () => {
        const page = await user.open('full', { view: 'activity', width: 480, height: 720, locale })
        if (size === 'double') assert.equal(await doubleText(page), true)
        await page.getByText(shortest).first().waitFor()
        for (const width of widths) {
          await page.setViewportSize({ width, height: 720 })
          await still(page)
          const { wide, torn, lines, uneven } = await logAsDrawn(page)
          assert.equal(wide, 0, `at ${width} it is wider than its place`)
          // The smallest window has no room for the longest words in double size.
          if (width > 480 || size === 'usual') assert.deepEqual(torn, [], `at ${width}`)
          // As the window opens at first, and larger: what is short stands in one line.
          if (width >= 960 && size === 'usual') assert.deepEqual(lines, [1], `the lines of an endpoint at ${width}`)
          if (width === 480) assert.ok(uneven < 1, `at ${width} the edges of a row are apart by ${uneven}`)
        }
      })
    }
  }

  test('nothing moves where the user wants no motion', async () => {
    const moving = (page) => page.evaluate(() => document.getAnimations().length)
    const open = async (reduced) => {
      const page = await user.open('full', { reduced })
      await page.evaluate(() => window.oaklockFake.quiet())
      await page.getByRole('button', { name: 'Stop the request of https://board.kaiban.example' }).waitFor()
      return moving(page)
    }
    assert.notEqual(await open(false), 0, 'what runs pulses')
    await user.page.context().close()
    assert.equal(await open(true), 0)
  })

  for (const view of ['overview', 'sites', 'apps', 'keys', 'activity', 'settings', 'prices']) {
    test(`${view}: an agent that goes away takes with it what was shown`, async () => {
      const page = await user.open('full', { view })
      await page.evaluate(() => window.oaklockFake.quiet())
      await page.evaluate(() => window.oaklockFake.vanish())
      await page.getByRole('heading', { name: 'Oaklock is not running' }).waitFor()
      assert.equal(await page.getByRole('navigation').count(), 0)
    })
  }

  test('every view can be reached and left with the keyboard', async () => {
    const page = await user.open('full')
    for (const name of ['Sites', 'Keys', 'Activity', 'Settings', 'Overview']) {
      const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true })
      await link.focus()
      await page.keyboard.press('Enter')
      await page.waitForFunction((n) => document.querySelector('nav a[aria-current=page]')?.textContent.includes(n), name)
    }
  })
})
