import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DoorError, type Door, type Entry, type Grant, type Question, type Site } from '../api'
import { fakeDoor } from '../api/fake'
import { Awake, sleepTime } from './awake.svelte'
import { everything, filterOf, Log, logPage, type Wanted } from './log.svelte'
import { Oaklock } from './oaklock.svelte'
import { Pulled } from './pulled.svelte'
import { Queue } from './queue.svelte'
import { putBack, unblock } from './undo'

const question = (id: string): Question => ({ id, providers: [], deadline: 1 }) as unknown as Question

describe('the queue of questions', () => {
  test('shows the oldest, one at a time, with its place', () => {
    const queue = new Queue()
    queue.set([question('a'), question('b'), question('c')], [])
    expect([queue.shown?.id, queue.place, queue.count]).toEqual(['a', 1, 3])
    queue.answered('a')
    expect([queue.shown?.id, queue.place, queue.count]).toEqual(['b', 1, 2])
  })

  test('never exchanges the shown question for another while it lasts', () => {
    const queue = new Queue()
    queue.set([question('b')], [])
    queue.set([question('a'), question('b')], [])
    expect([queue.shown?.id, queue.place]).toEqual(['b', 2])
    queue.set([question('a')], [question('b')])
    expect([queue.shown?.id, queue.place]).toEqual(['b', 0])
    queue.set([question('a')], [])
    expect(queue.shown?.id).toBe('a')
  })

  test('does not show again what was put off, until the user opens it or it asks anew', () => {
    const queue = new Queue()
    queue.set([question('a'), question('b')], [])
    queue.putOff('a')
    expect([queue.shown?.id, queue.count]).toEqual(['b', 1])
    queue.putOff('b')
    expect(queue.shown).toBeNull()
    queue.set([question('a'), question('b')], [])
    expect(queue.shown).toBeNull()
    queue.open('a')
    expect(queue.shown?.id).toBe('a')
    queue.putOff('a')
    queue.set([question('b')], [])
    queue.set([question('a'), question('b')], [])
    expect(queue.shown?.id).toBe('a')
  })

  test('does not come between the user and a dialog of his own', () => {
    const queue = new Queue()
    const done = queue.hold()
    queue.set([question('a')], [])
    expect([queue.shown, queue.count]).toEqual([null, 1])
    done()
    done()
    expect(queue.shown?.id).toBe('a')
    const other = queue.hold()
    queue.set([question('a'), question('b')], [])
    expect(queue.shown?.id).toBe('a')
    other()
  })

  test('a missed question shows only when it is opened', () => {
    const queue = new Queue()
    queue.set([], [question('m')])
    expect(queue.shown).toBeNull()
    queue.open('m')
    expect(queue.shown?.id).toBe('m')
  })
})

describe('Awake', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('sleeps for 700 ms after it was shown and after every change of focus', () => {
    const awake = new Awake()
    const end = awake.watch()
    expect(sleepTime).toBe(700)
    vi.advanceTimersByTime(699)
    expect(awake.awake).toBe(false)
    vi.advanceTimersByTime(1)
    expect(awake.awake).toBe(true)

    window.dispatchEvent(new Event('focus'))
    expect(awake.awake).toBe(false)
    vi.advanceTimersByTime(500)
    window.dispatchEvent(new Event('focus')) // sleeps on from here
    vi.advanceTimersByTime(500)
    expect(awake.awake).toBe(false)
    vi.advanceTimersByTime(200)
    expect(awake.awake).toBe(true)

    document.dispatchEvent(new Event('visibilitychange'))
    expect(awake.awake).toBe(false)
    end()
    vi.advanceTimersByTime(5000)
    expect(awake.awake).toBe(false)
  })

  test('sleeps on while the window is without the focus or the name out of sight; a press there only begins the time', () => {
    const hasFocus = vi.spyOn(document, 'hasFocus').mockReturnValue(false)
    const awake = new Awake()
    const end = awake.watch()
    vi.advanceTimersByTime(5000)
    expect([awake.away, awake.awake]).toEqual([true, false])
    hasFocus.mockReturnValue(true)
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))
    expect([awake.away, awake.awake]).toEqual([false, false])
    vi.advanceTimersByTime(699)
    expect(awake.awake).toBe(false)
    vi.advanceTimersByTime(1)
    expect(awake.awake).toBe(true)

    window.dispatchEvent(new Event('blur'))
    vi.advanceTimersByTime(5000)
    expect(awake.awake).toBe(false)
    window.dispatchEvent(new Event('focus'))
    vi.advanceTimersByTime(700)
    expect(awake.awake).toBe(true)

    awake.see(false)
    window.dispatchEvent(new Event('focus'))
    vi.advanceTimersByTime(5000)
    expect(awake.awake).toBe(false)
    awake.see(true)
    vi.advanceTimersByTime(700)
    expect(awake.awake).toBe(true)
    end()
  })
})

describe('Pulled', () => {
  test('the last answer is never older than the last call', async () => {
    let now = 0
    const gates: (() => void)[] = []
    const pulled = new Pulled(async () => {
      const seen = now
      await new Promise<void>((open) => gates.push(open))
      return seen
    })
    const first = pulled.load()
    now = 1
    const second = pulled.load()
    const third = pulled.load()
    gates.shift()?.()
    await vi.waitFor(() => expect(gates).toHaveLength(1))
    gates.shift()?.()
    await Promise.all([first, second, third])
    expect(pulled.value).toBe(1)
    expect(gates).toHaveLength(0)
  })

  test('keeps the old value beside an error, and looks only while it is used', async () => {
    let calls = 0
    const pulled = new Pulled(async () => {
      calls++
      if (calls > 1) throw new DoorError('unavailable', 'no')
      return 'value'
    })
    pulled.look()
    expect(calls).toBe(0)
    const end = pulled.use()
    await vi.waitFor(() => expect(pulled.value).toBe('value'))
    await pulled.load()
    expect([pulled.value, pulled.error?.code]).toEqual(['value', 'unavailable'])
    end()
    pulled.look()
    expect(calls).toBe(2)
  })
})

describe('Oaklock', () => {
  test('pulls again when the host says so, and shows nothing as true when the host is gone', async () => {
    const door = fakeDoor('full')
    const oak = new Oaklock(door)
    expect(oak.phase).toBe('loading')
    const end = oak.follow()
    await oak.settings.load()
    await vi.waitFor(() => expect(oak.phase).toBe('ready'))
    door.ask({ id: 'new' })
    await vi.waitFor(() => expect(oak.queue.shown?.id).toBe('new'))
    door.vanish()
    await vi.waitFor(() => expect(oak.phase).toBe('gone'))
    end()
  })

  test('says why an act failed, and whether it was done', async () => {
    const oak = new Oaklock(fakeDoor('locked'))
    expect(await oak.act(oak.door.unlock({ passphrase: 'wrong', create: false }), 'Unlocked.')).toBe(false)
    expect(oak.says).toEqual({ kind: 'error', text: 'This is not the passphrase. Nothing was changed.' })
    expect(await oak.act(oak.door.unlock({ passphrase: 'correct horse', create: false }), 'Unlocked.')).toBe(true)
    expect(oak.says).toEqual({ kind: 'done', text: 'Unlocked.' })
    oak.hush()
    flushSync()
    expect(oak.says).toBeNull()
  })
})

describe('the log', () => {
  const door = (have: number) => {
    const asked: { before: number; limit: number }[] = []
    const all = Array.from({ length: have }, (_, i) => ({ id: have - i }) as Entry)
    return {
      asked,
      ...fakeDoor('empty'),
      log: async ({ before, limit }: { before: number; limit: number }) => {
        asked.push({ before, limit })
        return all.filter((e) => !before || e.id < before).slice(0, limit)
      },
    }
  }

  const ids = (log: Log) => [log.entries.value?.at(0)?.id, log.entries.value?.at(-1)?.id]

  test('turns pages, of which nothing is doubled or missed, and back', async () => {
    const host = door(250)
    const log = new Log(host)
    await log.newer()
    await log.entries.load()
    expect([ids(log), log.page, log.more]).toEqual([[250, 151], 1, true])
    await log.older()
    expect([ids(log), log.page, log.more]).toEqual([[150, 51], 2, true])
    await log.older()
    expect([ids(log), log.page, log.more]).toEqual([[50, 1], 3, false])
    await log.older()
    expect(log.page).toBe(3)
    await log.newer()
    expect([ids(log), log.page, log.more]).toEqual([[150, 51], 2, true])
    // However far back: the agent is asked for one page, and one line more to see whether that is all.
    expect(new Set(host.asked.map((a) => a.limit))).toEqual(new Set([logPage + 1]))
  })

  test('a full last page is the last', async () => {
    const log = new Log(door(logPage))
    await log.entries.load()
    expect([log.entries.value?.length, log.more]).toEqual([logPage, false])
  })

  test('turning twice at once turns one page', async () => {
    const log = new Log(door(500))
    await log.entries.load()
    await Promise.all([log.older(), log.older()])
    expect([ids(log), log.page]).toEqual([[400, 301], 2])
  })

  test('another filter begins at the top', async () => {
    const log = new Log(fakeDoor('full'))
    await log.entries.load()
    await log.older()
    await log.narrow({ site: 'https://pushy.example' })
    expect([log.page, log.narrowed]).toEqual([1, true])
    expect(log.entries.value?.every((e) => e.origin === 'https://pushy.example')).toBe(true)
    expect(log.entries.value!.length).toBeGreaterThan(0)
    await log.narrow({ site: '' })
    expect(log.narrowed).toBe(false)
  })

  test('what is wanted, in the agent’s terms', () => {
    const now = new Date(2026, 10, 25, 14, 5).getTime()
    const at = (day: number) => new Date(2026, 10, day).getTime()
    const wanted = (some: Partial<Wanted>) =>
      Object.fromEntries(Object.entries(filterOf({ ...everything, ...some }, now)).filter(([, value]) => value))
    expect(wanted({})).toEqual({})
    expect(wanted({ outcome: 'refused', provider: 'openai' })).toEqual({ only: 'refused', provider: 'openai' })
    expect(wanted({ outcome: 'said 4' })).toEqual({ only: 'served', status: 4 })
    expect(wanted({ outcome: 'budget_exhausted', model: 'm' })).toEqual({ code: 'budget_exhausted', model: 'm' })
    expect(wanted({ when: 'today' })).toEqual({ since: at(25) })
    expect(wanted({ when: '7' })).toEqual({ since: at(18) })
    expect(wanted({ when: '2026-11-12' })).toEqual({ since: at(12), until: at(13) })
  })
})

describe('what is put back', () => {
  const limits = {
    costDay: 1,
    costWeek: 0,
    costMonth: 0,
    tokensDay: 0,
    tokensWeek: 0,
    tokensMonth: 0,
    requestsPerMinute: 0,
    atOnce: 0,
    outputTokens: 0,
  }
  const grant = (provider: string, expired = false) =>
    ({
      provider,
      name: provider,
      classes: ['inference'],
      models: ['m'],
      limits,
      days: 0,
      expiresAt: 5,
      untilQuit: false,
      credential: 'c',
      givenAt: 1,
      givenBy: 'window',
      lastUsed: 0,
      expired,
    }) as Grant
  const site = (state: string, grants: Grant[] = []) =>
    ({ origin: 'https://a.example', site: 'a.example', state, until: 0, lastUsed: 0, requests: 0, grants }) as Site
  const terms = { classes: ['inference'], models: ['m'], limits, days: 0, expiresAt: 5, untilQuit: false, credential: 'c' }

  function recorder() {
    const did: unknown[] = []
    const note = (name: string) => (arg: unknown) => Promise.resolve(void did.push([name, arg]))
    const door = {
      allowSite: note('allow'),
      denySite: note('deny'),
      blockSite: note('block'),
      unblockSite: note('unblock'),
    } as unknown as Door
    return { did, door }
  }
  const whole = { origin: 'https://a.example', provider: '' }

  test('is what was valid, with the terms and the end that it had', async () => {
    const { did, door } = recorder()
    await putBack(door, site('allowed', [grant('openai'), grant('groq', true)]))
    expect(did).toEqual([['allow', { origin: 'https://a.example', providers: ['openai'], terms }]])
  })

  test('is a denial or a block as such', async () => {
    const { did, door } = recorder()
    await putBack(door, site('blocked'))
    await unblock(door, site('denied'))
    expect(did).toEqual([
      ['block', whole],
      ['unblock', whole],
      ['deny', whole],
    ])
  })

  test('an undo that fails says so, and is not offered twice', async () => {
    const oak = new Oaklock(fakeDoor('empty'))
    oak.say('done', 'Gone.', {
      undo: () => Promise.reject(new DoorError('bad_input', 'It would end in the past.')),
      undone: 'Back.',
    })
    await oak.undo()
    expect(oak.says).toEqual({ kind: 'error', text: 'It would end in the past.' })
    await oak.undo()
    expect(oak.says?.text).toBe('It would end in the past.')
  })
})
