// KaibanJS sends telemetry unless this is set. It reads it once, when it is loaded, so this module stands before it.
Object.assign(window, { KAIBAN_TELEMETRY_OPT_OUT: true })
export {}
