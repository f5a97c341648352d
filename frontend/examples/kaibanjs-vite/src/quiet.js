// KaibanJS sends telemetry unless this is set. It looks once, when it is loaded, so this module is imported before it.
window.KAIBAN_TELEMETRY_OPT_OUT = true
