// The operating system that the window runs on, for sentences that name what is called otherwise on another.

export type System = 'linux' | 'darwin' | 'windows'

/** The system that a browser's own description names; Linux where it names none that Oaklock knows. */
export function systemOf(userAgent: string): System {
  if (/\bWindows\b/.test(userAgent)) return 'windows'
  return /\bMacintosh\b/.test(userAgent) ? 'darwin' : 'linux'
}
