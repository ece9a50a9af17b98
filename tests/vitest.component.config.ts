/** Component tests: the page's parts in a real Chromium, without an engine. */
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumOptions } from './chromium.ts';

const root = path.join(import.meta.dirname, '..');

export default defineConfig({
  root,
  plugins: [svelte({ configFile: path.join(root, 'renderer/svelte.config.js') })],
  optimizeDeps: {
    include: [
      'vitest-browser-svelte',
      'bits-ui',
      'valibot',
      '@msgpack/msgpack',
      'marked',
      'svelte',
      'svelte/reactivity',
      'svelte/internal/client',
    ],
  },
  test: {
    include: ['tests/component/**/*.test.ts'],
    setupFiles: ['tests/component/setup.ts'],
    maxWorkers: '100%',
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      viewport: { width: 1280, height: 800 },
      provider: playwright({ launchOptions: chromiumOptions() }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
