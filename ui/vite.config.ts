import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

declare const process: { env: Record<string, string | undefined> };

// Every address is relative: the page works at the root, under /w/NAME/, behind JupyterHub's proxy and in an iframe.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    outDir: '../src/groundset/server/static',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the CSP allows no data: fonts or scripts
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': process.env.GROUNDSET_SERVER ?? 'http://127.0.0.1:8000' } },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'] },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
});
