import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Answer, Question as Asked } from '../api'
import { fakeDoor, type FakeHost, type Scene } from '../api/fake'
import App from '../App.svelte'
import { Oaklock } from '../state/oaklock.svelte'

let door: FakeHost
let oak: Oaklock
let app: ReturnType<typeof mount>

/** Lets timers and answers come for this long, in milliseconds. */
const pass = async (millis: number) => {
  await vi.advanceTimersByTimeAsync(millis)
  flushSync()
}

/** Opens the whole interface; the question is on the screen and nothing has had time to wake up. */
async function open(scene: Scene = 'question', prepare?: (door: FakeHost) => void): Promise<void> {
  door = fakeDoor(scene)
  prepare?.(door)
  oak = new Oaklock(door)
  oak.follow()
  app = mount(App, { target: document.body, props: { oak } })
  await pass(35)
}

const dialog = () => document.querySelector('dialog[open]')
const button = (name: string): HTMLButtonElement => {
  const found = [...document.querySelectorAll('dialog button')].find(
    (b) => (b.getAttribute('aria-label') ?? b.textContent?.trim()) === name,
  )
  if (!(found instanceof HTMLButtonElement)) throw new Error(`no button ${name}`)
  return found
}
const select = (label: string): HTMLSelectElement => {
  const l = [...document.querySelectorAll('dialog label')].find((one) => one.textContent === label)
  return document.getElementById(l?.getAttribute('for') ?? '') as HTMLSelectElement
}
const choose = (label: string, value: string) => {
  select(label).value = value
  select(label).dispatchEvent(new Event('change', { bubbles: true }))
  flushSync()
}
const answers = (name: 'allow' | 'deny' | 'block') => door.calls.filter((c) => c.name === name).map((c) => c.arg as Answer)

/** A click as a pointer makes it: the press, and then a click that counts one. */
function click(b: HTMLButtonElement) {
  b.dispatchEvent(new MouseEvent('pointerdown', { bubbles: true }))
  release(b)
}
function release(b: HTMLButtonElement) {
  b.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }))
  flushSync()
}
/** A key as a browser handles it on a button: unless it is prevented, Enter clicks when pressed and Space when let go. */
function press(key: string, more: KeyboardEventInit = {}) {
  const target = document.activeElement ?? document.body
  const down = target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  if (down && key === 'Enter' && target instanceof HTMLButtonElement) target.click()
  const up = target.dispatchEvent(new KeyboardEvent('keyup', { key, bubbles: true, cancelable: true, ...more }))
  if (down && up && key === ' ' && target instanceof HTMLButtonElement) target.click()
  flushSync()
}

beforeEach(() => {
  vi.useFakeTimers()
  location.hash = ''
})
afterEach(async () => {
  await unmount(app)
  vi.useRealTimers()
  document.body.replaceChildren()
})

describe('what the question says', () => {
  test('who asks for what, with the exact address, and what it can and cannot do', async () => {
    await open()
    const text = dialog()?.textContent?.replace(/\s+/g, ' ') ?? ''
    expect(document.querySelector('dialog .origin')?.textContent).toBe('https://research.acorns.example')
    expect(document.querySelector('dialog .origin strong')?.textContent).toBe('acorns.example')
    expect(text).toContain('asks to use your OpenAI key')
    expect(text).toContain('through Firefox')
    expect(text).toMatch(/waiting 1[2-9] s/)
    expect(text).toContain('It can ask the models. It cannot see the key, your files, or your account.')
  })

  test('the words of a page are quoted, visible, and never markup', async () => {
    await open('queue')
    oak.queue.open('q-3')
    flushSync()
    expect(document.querySelector('dialog q')?.textContent).toBe('mistral-small\\u{202e} <b>latest</b>')
    expect(document.querySelector('dialog b')).toBeNull()
    expect(document.querySelector('dialog .origin')?.textContent).toBe('https://xn--80ak6aa92e.example')
    expect(dialog()?.textContent).toContain('You have denied this site 3 times lately')
  })

  test('warnings stand in it, and a page that is not encrypted is marked', async () => {
    await open('queue')
    oak.queue.open('q-2')
    flushSync()
    expect(dialog()?.textContent).toContain('Any other program that gets this port inherits what you allow')
    expect(dialog()?.textContent).toContain('not encrypted')
    expect(dialog()?.textContent).toContain('asks to use your Anthropic and Google keys')
  })

  test('several are a queue, one at a time', async () => {
    await open('queue')
    expect(document.querySelectorAll('dialog')).toHaveLength(1)
    expect(dialog()?.textContent).toContain('1 of 3')
    click(button('Deny'))
    await pass(200)
    expect(dialog()?.textContent).toContain('1 of 2')
    expect(document.querySelector('dialog .origin')?.textContent).toBe('http://localhost:5173')
  })
})

describe('Allow', () => {
  test('is asleep for 700 ms, and the dialog has the focus', async () => {
    await open()
    expect(document.activeElement).toBe(dialog())
    await pass(600)
    expect(button('Allow').disabled).toBe(true)
    await pass(100)
    expect(button('Allow').disabled).toBe(false)
  })

  test('falls asleep when the window gets the focus', async () => {
    await open()
    await pass(700)
    window.dispatchEvent(new Event('focus'))
    flushSync()
    expect(button('Allow').disabled).toBe(true)
    click(button('Allow'))
    await pass(690)
    click(button('Allow'))
    await pass(10)
    expect(answers('allow')).toEqual([])
    expect(button('Allow').disabled).toBe(false)
  })

  test('falls asleep when the question changes under the user’s eyes', async () => {
    let joined: Asked | null = null
    await open('queue', (d) => {
      const state = d.state
      d.state = async () => {
        const s = await state()
        if (joined) s.questions[0] = joined
        return s
      }
    })
    await pass(700)
    expect(button('Allow').disabled).toBe(false)
    button('Allow').focus()
    const before = oak.queue.shown!
    joined = {
      ...before,
      providers: [
        ...before.providers,
        { id: 'anthropic', name: 'Anthropic', model: '', keys: ['default'], hasKey: true, stored: false },
      ],
    }
    oak.look()
    await pass(100)
    expect(dialog()?.textContent).toContain('asks to use your OpenAI and Anthropic keys')
    expect(button('Allow').disabled).toBe(true)
    expect(document.activeElement).toBe(dialog())
    await pass(700)
    expect(button('Allow').disabled).toBe(false)
  })

  test('does not count a press that began while it slept', async () => {
    await open()
    await pass(650)
    button('Allow').dispatchEvent(new MouseEvent('pointerdown', { bubbles: true }))
    await pass(100)
    release(button('Allow'))
    await pass(100)
    expect(answers('allow')).toEqual([])
  })

  test('is not pressed by Enter or Space, however often', async () => {
    await open()
    await pass(700)
    button('Allow').focus()
    for (const key of ['Enter', ' ', 'Enter', 'Enter', ' ']) press(key)
    press('Enter', { repeat: true })
    await pass(200)
    expect(answers('allow')).toEqual([])
    expect(dialog()).not.toBeNull()
  })

  test('takes Enter and then Y from the keyboard, and says so', async () => {
    await open()
    await pass(700)
    button('Allow').focus()
    press('y')
    await pass(100)
    expect(answers('allow')).toEqual([])
    press('Enter')
    expect(document.querySelector('dialog [role=status]')?.textContent).toBe(
      'Press Y to allow https://research.acorns.example. Any other key goes back.',
    )
    press('y')
    await pass(100)
    expect(answers('allow')).toHaveLength(1)
  })

  test.each([
    ['another key between', () => ['Enter', 'x', 'y'].forEach((k) => press(k))],
    ['Y with Control', () => (press('Enter'), press('y', { ctrlKey: true }))],
    ['Y held down', () => (press('Enter'), press('y', { repeat: true }))],
    [
      'the focus elsewhere between',
      () => (press('Enter'), button('Deny').focus(), flushSync(), button('Allow').focus(), press('y')),
    ],
  ])('does not take Enter and Y with %s', async (_, keys) => {
    await open()
    await pass(700)
    button('Allow').focus()
    keys()
    await pass(200)
    expect(answers('allow')).toEqual([])
  })

  test('takes the press of a screen reader, which has no pointer and no key, once it is awake', async () => {
    await open()
    button('Allow').click()
    await pass(700)
    expect(answers('allow')).toEqual([])
    button('Allow').click()
    await pass(100)
    expect(answers('allow')).toHaveLength(1)
  })

  test('answers for the providers on the screen, with the terms on the screen', async () => {
    await open()
    await pass(700)
    choose('Models', 'asked')
    choose('Limit', '250000')
    choose('For', '1')
    choose('Key', 'work')
    click(button('Allow'))
    await pass(200)
    const [answer] = answers('allow')
    expect(answer?.id).toBe('q-1')
    expect(answer?.providers).toEqual(['openai'])
    expect(answer?.terms).toMatchObject({
      models: ['gpt-4o-mini'],
      days: 1,
      untilQuit: false,
      credential: 'work',
      classes: ['inference'],
    })
    expect(answer?.terms?.limits.costDay).toBe(250_000)
    expect(dialog()).toBeNull()
    expect(oak.says?.text).toMatch(/^https:\/\/research\.acorns\.example may use your OpenAI key until /)
  })

  test('says of a limit for several providers that each of them gets it', async () => {
    const labels = () => [...(dialog()?.querySelectorAll('label') ?? [])].map((l) => l.textContent)
    await open()
    expect(labels()).toContain('Limit')
    const openai = oak.queue.shown?.providers[0]
    if (!openai) throw new Error('no provider is asked for')
    click(button('Deny'))
    door.ask({ origin: 'https://two.example', providers: [openai, { ...openai, id: 'anthropic', name: 'Anthropic' }] })
    await pass(1000)
    expect(labels()).toContain('Limit for each provider')
    expect(labels()).not.toContain('Limit')
  })

  test('shows what is wrong with the terms and sends nothing', async () => {
    await open()
    await pass(700)
    choose('Limit', 'other')
    click(button('Allow'))
    await pass(100)
    expect(answers('allow')).toEqual([])
    expect(document.querySelector('dialog [role=alert]')?.textContent).toBe('Enter an amount above zero, such as 2.50.')
  })

  test('says when the permission could not be saved', async () => {
    await open('unsaved')
    await pass(700)
    click(button('Allow'))
    await pass(200)
    expect(oak.says?.kind).toBe('error')
    expect(oak.says?.text).toMatch(/^Allowed until Oaklock quits, since it could not be saved: https?:/)
  })
})

describe('what is saved under the key', () => {
  const switchAt = () => document.querySelector<HTMLInputElement>('dialog [role=switch]')

  test('is asked about only where the page wants it, and is off until the user says so', async () => {
    await open('full')
    expect(switchAt()).toBeNull()
    oak.queue.open('q-missed')
    flushSync()
    expect(switchAt()?.checked).toBe(false)
    expect(dialog()?.textContent).toContain('It cannot see the key, your files, or your account.')
    await pass(700)
    click(button('Allow'))
    await pass(200)
    expect(answers('allow')[0]?.terms?.classes).toEqual(['inference'])
  })

  test('is given with the switch, and then the sentence says so', async () => {
    await open('full')
    oak.queue.open('q-missed')
    flushSync()
    switchAt()?.click()
    flushSync()
    expect(dialog()?.textContent).toContain('It can ask the models, and use everything saved under this key.')
    expect(dialog()?.textContent).not.toContain('your files')
    await pass(700)
    click(button('Allow'))
    await pass(200)
    expect(answers('allow')[0]?.terms?.classes).toEqual(['inference', 'stored'])
  })
})

describe('the other answers', () => {
  test('Deny', async () => {
    await open()
    click(button('Deny'))
    await pass(200)
    expect(answers('deny')).toEqual([{ id: 'q-1', providers: ['openai'] }])
    expect(dialog()).toBeNull()
  })

  test.each([
    ['Deny', 'deny'],
    ['Block', 'block'],
  ] as const)('%s does not take a key that was typed before the question could be read', async (name, how) => {
    await open()
    button(name).focus()
    press('Enter')
    press(' ')
    await pass(200)
    expect(answers(how)).toEqual([])
    await pass(500)
    press('Enter')
    await pass(100)
    expect(answers(how)).toHaveLength(1)
  })

  test('Block', async () => {
    await open()
    click(button('Block'))
    await pass(200)
    expect(answers('block')).toEqual([{ id: 'q-1', providers: ['openai'] }])
  })

  test('putting it off answers nothing, and it can be opened again', async () => {
    await open()
    dialog()?.dispatchEvent(new Event('cancel', { cancelable: true }))
    flushSync()
    expect(dialog()).toBeNull()
    oak.look()
    await pass(100)
    expect(dialog()).toBeNull()
    expect(door.calls.filter((c) => ['allow', 'deny', 'block'].includes(c.name))).toEqual([])
    ;[...document.querySelectorAll('button')]
      .find((b) => b.getAttribute('aria-label') === 'Answer https://research.acorns.example')
      ?.click()
    flushSync()
    expect(dialog()).not.toBeNull()
    expect(button('Allow').disabled).toBe(true)
  })

  test('one that was answered elsewhere goes away with a word', async () => {
    await open()
    const id = oak.queue.shown!.id
    void door.deny({ id, providers: [] })
    click(button('Block'))
    await pass(300)
    expect(dialog()).toBeNull()
    expect(oak.says?.text).toBe('This question was answered already.')
  })

  test('one that times out stays, says so, and can still be answered', async () => {
    await open()
    door.timeOut('q-1')
    await pass(100)
    expect(dialog()?.textContent).toContain('The page has stopped waiting')
    await pass(700)
    click(button('Allow'))
    await pass(100)
    expect(answers('allow')).toHaveLength(1)
  })
})

test.each([
  ['that waits', () => undefined],
  ['that has timed out', () => door.timeOut('q-1')],
])('when one %s is put off, the next is asked at once', async (_, before) => {
  await open('queue')
  before()
  await pass(100)
  click(button('Not now'))
  expect(document.querySelector('dialog .origin')?.textContent).toBe('http://localhost:5173')
  expect(dialog()?.textContent).toContain('1 of 2')
})

test('a question that comes while the user types a key waits until he is done', async () => {
  location.hash = '#/keys'
  await open('full')
  await pass(100)
  ;[...document.querySelectorAll('button')].find((b) => b.textContent?.trim() === 'Add a key')?.click()
  flushSync()
  door.ask({ id: 'q-new' })
  await pass(100)
  expect(document.querySelectorAll('dialog')).toHaveLength(1)
  expect(dialog()?.textContent).toContain('Add a key')
  click(button('Cancel'))
  await pass(100)
  expect(dialog()?.textContent).toContain('asks to use your OpenAI key')
})

describe('a provider without a key', () => {
  test('gets one in the same place, and only then can it be allowed', async () => {
    await open('empty')
    door.ask({ id: 'q-new' })
    await pass(800)
    expect(dialog()?.textContent).toContain('You have no OpenAI key in Oaklock yet')
    expect(button('Allow').disabled).toBe(true)

    const input = document.querySelector<HTMLInputElement>('dialog input[type=password]')!
    const type = (text: string) => {
      input.value = text
      input.dispatchEvent(new Event('input', { bubbles: true }))
      flushSync()
    }
    const form = input.closest('form')!
    type('sk-ant-12345678')
    form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))
    await pass(100)
    expect(dialog()?.textContent).toContain('This looks like a key of Anthropic')
    click(button('Save anyway'))
    await pass(100)

    expect(door.calls.filter((c) => c.name === 'addKey').map((c) => c.arg)).toEqual([
      { provider: 'openai', label: '', anyway: false },
      { provider: 'openai', label: '', anyway: true },
    ])
    expect(document.querySelector('dialog input[type=password]')).toBeNull()
    expect(input.value).toBe('')
    expect(button('Allow').disabled).toBe(true)
    await pass(700)
    expect(button('Allow').disabled).toBe(false)
  })
})
