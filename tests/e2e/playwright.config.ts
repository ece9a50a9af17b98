/** End to end: the built lab, served to a real Chromium, driven as a user would. */
import { defineConfig } from 'playwright/test';
import { chromiumOptions } from '../chromium.ts';

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/e2e',
  // Each test has a lab of its own. One file's long tests would else be done one after the other, and last.
  fullyParallel: true,
  workers: 2,
  // Waits follow what happens. How long that takes is the machine's affair, be it slow or busy: these end only what never comes.
  timeout: 600_000,
  expect: { timeout: 90_000, toPass: { timeout: 90_000 } },
  reporter: process.env.CI ? [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]] : 'list',
  use: {
    browserName: 'chromium',
    launchOptions: chromiumOptions(),
    viewport: { width: 1280, height: 800 },
    // Of a failure the page is kept as it was at each step, and one picture. A film of every test costs the browser a fifth of its time.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: true, sources: true },
    screenshot: 'only-on-failure',
    timezoneId: 'Europe/London',
  },
});
