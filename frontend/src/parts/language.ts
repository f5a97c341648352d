// uPlot asks for number formats in the browser's language when it is loaded, and WebKit says "C" where that is the system's locale,
// which is no language that Intl knows: the whole window would stay empty. This stands before it.
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { configurable: true, value: 'en' })
}
export {}
