import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// The pages of the end-to-end tests: kaiban.html runs an unmodified KaibanJS team, probe.html tries what a page can try, client.html
// uses the page helper, realtime.html runs the clients of WebSockets.
// The Go tests serve the folder over https as a public origin.
const root = fileURLToPath(new URL('.', import.meta.url))

export default defineConfig({
  root,
  base: './',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000, // KaibanJS comes in one piece
    rollupOptions: { input: ['kaiban', 'probe', 'client', 'realtime'].map((page) => `${root}${page}.html`) },
  },
})
