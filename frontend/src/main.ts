import { mount } from 'svelte'
import './app.css'
import type { Door } from './api'
import { wailsDoor } from './api/wails'
import App from './App.svelte'
import { Oaklock } from './state/oaklock.svelte'

async function openDoor(): Promise<Door> {
  // What the bundler cannot reach it leaves out: the window has no fake in it.
  if (import.meta.env.DEV || import.meta.env.MODE === 'fake') {
    const query = new URLSearchParams(location.search)
    const scene = query.get('fake')
    if (scene !== null || !('go' in window)) {
      const { fakeDoor } = await import('./api/fake')
      const fake = fakeDoor((scene || 'full') as Parameters<typeof fakeDoor>[0], Object.fromEntries(query))
      Object.assign(window, { oaklockFake: fake })
      return fake
    }
  }
  return wailsDoor()
}

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no place for the interface')
const oak = new Oaklock(await openDoor())
// What is shown is asked for first: it is under way while the page is made.
oak.follow()
mount(App, { target, props: { oak } })
