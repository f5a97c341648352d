// The settings of the fake door: those of the agent, with the agent's words.

import type { Setting } from './index'

const rows: [name: string, standard: string, help: string][] = [
  ['questions', 'on', 'Whether sites that are not decided yet may ask: on or off. Off, they hear nothing at all.'],
  ['wait', '60s', "How long a site's request waits for your answer: 1s to 5m."],
  [
    'default_limit',
    '1.00/day',
    'The limit that a question offers at first, and that you allow by hand where you say none, in US dollars and whole cents a day: 0.01/day to 1000.00/day.',
  ],
  [
    'default_days',
    '7',
    'For how many days a question offers to allow a site, and you allow by hand where you say no time: 1 to 366. A page on your own machine is offered one day.',
  ],
  [
    'output_ceiling',
    '8192',
    'The most tokens of an answer when a page names no bound: 1 to 1000000. It is written into the request, and that much is reserved.',
  ],
  [
    'limit',
    'off',
    'The most that all sites together may take, such as 20.00/day, 1000000tokens/month, 60requests/minute, 4requests at once or 2000tokens/answer, or several with commas between; or off.',
  ],
  [
    'brake',
    'on',
    'Whether a site that runs away (the same request over and over, error after error, a sudden cost) is paused until you let it go on: on or off.',
  ],
  ['log_days', '90', 'For how many days each request stays in the log; then only the sums of each day do: 31 to 3650.'],
  ['port', '6255', 'The port that pages talk to: 1024 to 65535, from the next start on.'],
  ['vault', 'keychain', "Where your keys lie: keychain (the system's) or file (encrypted with a passphrase)."],
  [
    'proxy',
    'off',
    "Whether Oaklock reaches providers through a proxy: off, environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY), or the proxy's address. It sees no key.",
  ],
  ['idle_lock', '8h', 'Lock after no site has used a key for this long: 1m to 168h, or off.'],
  ['lock_on_screen_lock', 'on', 'Whether Oaklock locks when the screen is locked: on or off.'],
  ['lock_on_sleep', 'on', 'Whether Oaklock locks when the machine goes to sleep: on or off.'],
  ['lock_on_user_switch', 'on', 'Whether Oaklock locks when another user takes the screen: on or off.'],
  ['autostart', 'off', 'Whether Oaklock starts when you log in: on or off.'],
  ['first_steps', '1', 'How far the first steps in the window have come: 1 to 4, or done.'],
  ['theme', 'system', 'How the window looks: system, light or dark.'],
  ['language', 'system', 'The language of the window, the tray and the notifications: system, en (English) or es (Spanish).'],
]

export const fakeSettings = (): Setting[] =>
  rows.map(([name, standard, help]) => ({ name, value: standard, default: standard, help, values: [] }))
