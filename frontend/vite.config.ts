import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vitest/config'

// The same policy that the window sends as a header (app/window.go). As a meta element it also holds for the built files in a
// plain browser, where the browser tests run. frame-ancestors is left out: a meta element cannot carry it.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'"

// Only in what is built: the development server needs inline scripts to reload modules.
const strictPolicy: Plugin = {
  name: 'oaklock:policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
}

// Go embeds the folder, so it has to exist, and be in the repository, before anything was built.
const keepFolder: Plugin = {
  name: 'oaklock:keep',
  apply: 'build',
  writeBundle: (options) => {
    if (options.dir) writeFileSync(resolve(options.dir, '.gitkeep'), '')
  },
}

export default defineConfig({
  plugins: [svelte(), strictPolicy, keepFolder],
  // A unit test reads the agent's sentences in the Go code.
  server: { host: '127.0.0.1', ...(process.env.VITEST ? { fs: { allow: ['..'] } } : {}) },
  build: {
    // WebKitGTK of Debian 12 and the WebView2 and WKWebView of supported systems; it also leaves light-dark() alone.
    target: ['safari17.5', 'chrome123'],
    // Everything comes from the program itself; a data: script would be refused by the policy anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licences.md' }, // of what the pages are made of; packages carry it on
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts', 'client/src/*.test.ts', 'demo/src/*.test.ts'],
    setupFiles: ['src/test-setup.ts'],
    restoreMocks: true,
  },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
})
