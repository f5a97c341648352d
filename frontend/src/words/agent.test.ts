import { afterEach, expect, test } from 'vitest'
import { speak } from '../locale.svelte'
import { agentSays } from './agent'
import { agentEs } from './agent.es'
import { innerEs } from './inner.es'

/** Where Go code says a sentence to the user. */
const whole =
  /\b(?:Message|Fix|NoTray): *|\bc\.Message, c\.Fix = |\bsay\(control\.\w+, |\bp\.(?:Message|Fix) = |\b(?:v|now)\.Status, (?:v|now)\.Message = "\w+",\s+/g

/** The sentences that Go code says in these places, with {} for whatever is put together at run time. */
function sentences(source: string, places = whole): string[] {
  const found: string[] = []
  for (const place of source.matchAll(places)) {
    let at = place.index + place[0].length
    let text = ''
    let isSaid = false
    if (source.startsWith('fmt.Sprintf(', at)) at += 'fmt.Sprintf('.length
    for (;;) {
      const literal = /^"((?:[^"\\]|\\.)*)"/.exec(source.slice(at))
      if (literal) {
        text += (JSON.parse(literal[0]) as string).replace(/%(?:\.\d+)?[a-z]/g, '{}')
        isSaid = true
        at += literal[0].length
      } else {
        const length = lengthOf(source, at)
        if (length === 0) break
        text += '{}'
        at += length
      }
      const plus = /^\s*\+\s*/.exec(source.slice(at))
      if (!plus) break
      at += plus[0].length
    }
    if (isSaid) found.push(text)
  }
  return found
}

/** How long the operand is that begins here. */
function lengthOf(source: string, from: number): number {
  let depth = 0
  let at = from
  for (; at < source.length; at++) {
    const c = source.charAt(at)
    if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c) && depth-- === 0) break
    else if (depth === 0 && (c === ',' || c === '\n' || source.startsWith(' + ', at))) break
  }
  return at - from
}

type Sources = Record<string, string>

// What doctor and commands alone say is left out: examine*.go and watch.go.
const code = import.meta.glob<string>(
  [
    '../../../internal/agent/*.go',
    '../../../app/window*.go',
    '../../../app/desktop.go',
    '../../../internal/system/words.go',
    '!../../../**/*_test.go',
    '!../../../internal/agent/examine*.go',
    '!../../../internal/agent/watch.go',
  ],
  { query: '?raw', import: 'default', eager: true },
) as Sources

/** Files whose errors the agent makes sentences of, each with how they begin there. */
const errors = /\b(?:errors\.New|fmt\.Errorf)\(/g
const terms = /\bbadTerms\(|\bErrTerms = errors\.New\(|\{(?="[^"]*", l\.)/g
const settings = /\breturn "", fmt\.Errorf\(/g
const reasons: Record<string, RegExp> = {
  'internal/origin/origin.go': errors,
  'internal/grant/terms.go': terms,
  'internal/grant/limits.go': terms,
  'internal/grant/decide.go': terms,
  'internal/appkey/appkey.go': /\bErrSum = errors\.New\(/g,
  'internal/appkey/ring.go': /\bErrTooMany = fmt\.Errorf\(/g,
  'internal/agent/settings.go': settings,
  'internal/agent/logcheck.go': /\breturn "", fmt\.Errorf\(|(?<=Sprintf\()(?="Another|"The log)|\breturn (?="Another)/g,
  'internal/agent/judge.go': /\breturn (?="(?:the|a|your) )/g,
  'internal/agent/unsaved.go': /\bappend\(\w+, (?="the )|\bfmt\.Sprintf\((?="and)/g,
  'internal/upstream/proxy.go': /\bErrProxy = errors\.New\(/g,
  'internal/provider/baseurl.go': errors,
  'internal/provider/catalogue.go': /\breturn nil, fmt\.Errorf\((?!"provider %q)/g, // those are of Oaklock's own catalogue
  'internal/provider/price.go': /\breturn nil, fmt\.Errorf\((?="%w: )/g,
  'internal/provider/price_edit.go': errors,
  'internal/provider/name.go': errors,
  'internal/demo/listen.go': /\bErr\w+ += errors\.New\(|\bfmt\.Errorf\((?!"the demo cannot)/g, // that one is for the log
  'internal/demo/run.go': /\btaken\(ctx, err, o, \w+, /g,
  'internal/cli/log_export.go': /\breturn 0, fmt\.Errorf\(/g,
  'internal/cli/export_file.go': errors,
}
const inside = import.meta.glob<string>(
  ['../../../internal/{origin,grant,appkey,agent,upstream,provider,demo,cli}/*.go', '!../../../**/*_test.go'],
  { query: '?raw', import: 'default', eager: true },
) as Sources

afterEach(() => speak('en', ['en-GB']))

/** A table has all that is said, with as many gaps, and nothing else. */
function expectSame(table: Record<string, string>, said: Set<string>) {
  expect([...said].filter((s) => !Object.hasOwn(table, s))).toEqual([])
  const holes = (s: string) => s.split('{}').length
  expect(Object.entries(table).filter(([from, to]) => holes(from) !== holes(to))).toEqual([])
  expect(Object.keys(table).filter((s) => !said.has(s))).toEqual([])
}

test('every sentence of the agent that the window shows has its counterpart, with what changes in it', () => {
  const said = new Set(Object.values(code).flatMap((source) => sentences(source)))
  expect(said.size).toBeGreaterThan(90)
  // The door of the agent has one of its own.
  expectSame(agentEs, said.add('Oaklock could not do this; nothing was changed that it knows of. Its log says why.'))
})

test('so has every reason that stands in one, or is made into one', () => {
  const said = new Set(
    Object.entries(reasons).flatMap(([file, places]) => {
      const found = sentences(inside[`../../../${file}`] ?? '', places)
      expect(found, file).not.toEqual([])
      // A price's error loses its beginning.
      return found.map((s) => (file.startsWith('internal/provider/price') ? s.replace(/^\{\}: /, '') : s))
    }),
  )
  expectSame(innerEs, said)
})

test('no other error becomes a sentence', () => {
  // Each of these calls was looked at, and what can be in its error is in the files above.
  const calls = Object.entries(inside).flatMap(([file, source]) =>
    [...source.matchAll(/(?<!func )\bsentence\(/g)].map(() => file.replace('../../../', '')),
  )
  const counted = Object.fromEntries([...new Set(calls)].map((file) => [file, calls.filter((f) => f === file).length]))
  expect(counted).toEqual({
    'internal/agent/apps.go': 1,
    'internal/agent/demo.go': 1,
    'internal/agent/door.go': 3,
    'internal/agent/examine.go': 1, // doctor's
    'internal/agent/money.go': 1,
    'internal/agent/sites.go': 4,
  })
})

test.each([
  ['This is not the passphrase. Nothing was changed.', 'Esta no es la contraseña. No se cambió nada.'],
  [
    'This looks like a key of Anthropic, not of OpenAI. Nothing was saved.',
    'Esto parece una clave de Anthropic, no de OpenAI. No se guardó nada.',
  ],
  [
    'The setting port was not changed: it takes a number from 1024 to 65535.',
    'El ajuste port no se cambió: admite un número de 1024 a 65535.',
  ],
  [
    'These terms do not make sense: the limit of cost per day is below zero.',
    'Estas condiciones no tienen sentido: el límite de coste por día es menor que cero.',
  ],
  [
    '"app.example" does not say https or http; write the site like https://app.example.',
    '"app.example" no dice https ni http; escribe el sitio como https://app.example.',
  ],
  [
    'Another program has changed what Oaklock was told: the permission of https://a.example for openai, the block of https://b.example, and 2 more. This is not in force; a block or a denial holds all the same.',
    'Otro programa ha cambiado lo que se le dijo a Oaklock: el permiso de https://a.example para openai, el bloqueo de https://b.example, y 2 más. Eso no está en vigor; un bloqueo o una denegación vale igualmente.',
  ],
  [
    'Decisions that could not be saved: 2 (https://a.example, the pause). They hold while Oaklock runs; should it end, all of this is again as it was before.',
    'Decisiones que no se pudieron guardar: 2 (https://a.example, la pausa). Valen mientras Oaklock esté en marcha; si termina, todo esto vuelve a ser como era.',
  ],
  [
    'Another program has changed the log: line 7 is not as Oaklock wrote it, or what came before it is gone. Your keys and permissions are not touched, and Oaklock goes on.',
    'Otro programa ha cambiado el registro: la línea 7 no es como Oaklock la escribió, o lo que iba antes ya no está. Tus claves y permisos no se han tocado, y Oaklock sigue.',
  ],
  [
    'The demo is already running for another Oaklock: stop it there with Ctrl+C and try again.',
    'La demostración ya está en marcha para otro Oaklock: detenla allí con Ctrl+C e inténtalo de nuevo.',
  ],
  ['Incorrect API key provided.', 'Incorrect API key provided.'],
  ['constructor', 'constructor'],
])('%s', (english, spanish) => {
  expect(agentSays(english)).toBe(english)
  speak('es', ['es-ES'])
  expect(agentSays(english)).toBe(spanish)
})
