import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

// The demo page, which "oaklock demo" carries inside. Its policy is a header of that server (internal/demo/page.go).
// To work on it with a reloading browser: run "oaklock demo", then npx vite --config demo/vite.config.ts, and allow
// http://localhost:5173.
const root = fileURLToPath(new URL('.', import.meta.url))

// Go embeds the folder, so it has to exist, and be in the repository, before anything was built.
const keepFolder: Plugin = {
  name: 'oaklock:keep',
  apply: 'build',
  writeBundle: (options) => {
    if (options.dir) writeFileSync(resolve(options.dir, '.gitkeep'), '')
  },
}

export default defineConfig({
  root,
  plugins: [keepFolder],
  server: { host: 'localhost', proxy: { '/config.json': 'http://localhost:6256' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['safari17.5', 'chrome123'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licences.md' }, // of what the pages are made of; packages carry it on
    chunkSizeWarningLimit: 4000, // KaibanJS comes in one piece
  },
})
