// Says whether pictures of the real window look like the golden ones, to a test that is not written in JavaScript
// (internal/e2e/looks_real_test.go). Each line that it reads is {"golden": FILE, "taken": FILE, "write": whether to make the golden one
// anew}, and each that it writes {"apart": share, "like": whether nobody could tell}.

import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { apart, small } from './pictures.mjs'

/** How much may differ. Letters whose edges are drawn in colours change the mean of every seven-hundredth square at most; a button,
 * a sentence or the place of a card that of more than that. */
const tolerance = 0.0015
const squares = { side: 8, than: 16 }

const browser = await chromium.launch({
  executablePath: process.env.OAKLOCK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const easel = await browser.newPage()
try {
  for await (const line of createInterface({ input: process.stdin })) {
    const { golden, taken, write } = JSON.parse(line)
    const [known, now] = [await readFile(golden).catch(() => null), await readFile(taken)]
    const share = known ? await apart(easel, known, now, squares) : 1
    // What nobody could tell apart stays as it is, so that a change shows only what it changes.
    if (write && share > tolerance / 10) await writeFile(golden, await small(easel, now))
    console.log(JSON.stringify({ apart: share, like: write || share <= tolerance }))
  }
} finally {
  await browser.close()
}
