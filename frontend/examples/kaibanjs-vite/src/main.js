import { providers } from './providers.js'
import { run } from './team.js'

const form = document.querySelector('form')
const [state, steps, result] = ['state', 'steps', 'result'].map((id) => document.getElementById(id))
form.provider.append(...Object.keys(providers).map((name) => new Option(name)))

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const button = form.querySelector('button')
  button.disabled = true
  steps.replaceChildren()
  result.textContent = ''
  // The first request waits until the visitor has answered, so say what it waits for.
  state.textContent = 'The team is at work. If nothing moves, Oaklock is asking you.'
  try {
    result.textContent = await run(providers[form.provider.value], form.topic.value, (line) => {
      const item = document.createElement('li')
      item.textContent = line
      steps.append(item)
    })
    state.textContent = 'The team has finished.'
  } catch (error) {
    state.textContent = sentence(error)
  } finally {
    button.disabled = false
  }
})

/** Oaklock's refusals are sentences for people; the clients wrap them, some in JSON. */
function sentence(error) {
  let text = ''
  for (let e = error; e; e = e.rootError ?? e.originalError ?? e.cause) text = e.message ?? text
  if (/fetch|connection/i.test(text))
    return 'Oaklock does not answer. Start it, then try again. If it runs, your browser may keep this page from it.'
  return /"message":"([^"]+)"/.exec(text)?.[1] ?? text.replace(/^\d{3} /, '')
}
