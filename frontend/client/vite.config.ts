import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// One small module for every browser that a page may meet; tsc writes the types beside it.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['safari17.5', 'chrome123', 'firefox128'],
    minify: true,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
  },
})
