import { speak } from './locale.svelte'

// Every test begins in the same language, whatever the machine speaks.
speak('en', ['en-GB'])

// jsdom knows the dialog element but not how to open one.

HTMLDialogElement.prototype.showModal = function () {
  this.open = true
  this.querySelector<HTMLElement>('[autofocus]')?.focus()
}
HTMLDialogElement.prototype.close = function () {
  this.open = false
}

// To jsdom a window without a focused element has no focus.
document.hasFocus = () => true

// jsdom lays nothing out: what is there is in sight, and has no size.
class Unmoved {
  observe() {}
  disconnect() {}
}
window.IntersectionObserver ??= Unmoved as unknown as typeof IntersectionObserver
window.ResizeObserver ??= Unmoved as unknown as typeof ResizeObserver

// jsdom has no media queries either, and uPlot asks for the screen's pixels as soon as it is loaded.
window.matchMedia ??= () => Object.assign(new EventTarget(), { matches: false }) as MediaQueryList
