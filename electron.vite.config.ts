import { resolve } from 'node:path'
import tailwind from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

/** Programs that run in plain Node or in Electron's main: each is a file of its own in `out/main`. */
const programs = {
  electron: 'src/main/hosts/electron/index.ts',
  web: 'src/main/hosts/web/index.ts',
  cli: 'src/main/hosts/cli/index.ts',
  trainer: 'src/trainer/index.ts',
  heartbeat: 'src/trainer/heartbeat.ts',
  'store-worker': 'src/main/store/worker.ts',
  'import-worker': 'src/main/datasets/worker.ts',
  'feed-worker': 'src/trainer/feed-worker.ts',
  catalogue: 'src/recipes/catalogue.ts',
}

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      sourcemap: true,
      rollupOptions: {
        input: programs,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: { input: 'src/preload/index.ts', output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [vue(), tailwind()],
    build: {
      outDir: resolve('out/renderer'),
      emptyOutDir: true,
      // A data: URL would need a wider policy than the page has.
      assetsInlineLimit: 0,
      rollupOptions: { input: 'src/renderer/index.html' },
    },
    define: {
      __VUE_OPTIONS_API__: false,
      __VUE_I18N_FULL_INSTALL__: false,
      __VUE_I18N_LEGACY_API__: false,
      __INTLIFY_JIT_COMPILATION__: true,
    },
  },
})
