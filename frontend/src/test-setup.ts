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

// jsdom has no media queries either, and uPlot asks for the screen's pixels as soon as it is loaded.
window.matchMedia ??= () => Object.assign(new EventTarget(), { matches: false }) as MediaQueryList
