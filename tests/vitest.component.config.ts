/** Component tests: the page's parts in a real Chromium, without an engine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { chromium } from 'playwright';
import { defineConfig } from 'vitest/config';

const root = path.join(import.meta.dirname, '..');

/** The Chromium of the machine, else the one that Playwright has installed. */
function findChromium(): string {
  const places = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    chromium.executablePath(),
  ];
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error('No Chromium found. Install one with `npx playwright install chromium`, or set CHROMIUM_PATH.');
  return found;
}

// Chromium's own sandbox does not run as root, which is what containers run as.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

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
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      viewport: { width: 1280, height: 800 },
      provider: playwright({ launchOptions: { executablePath: findChromium(), args } }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
