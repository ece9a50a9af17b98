/** End to end: the built lab, served to a real Chromium, driven as a user would. */
import { defineConfig } from 'playwright/test';
import { chromiumOptions } from '../chromium.ts';

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/e2e',
  fullyParallel: false,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.CI ? [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]] : 'list',
  use: {
    browserName: 'chromium',
    launchOptions: chromiumOptions(),
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    timezoneId: 'Europe/London',
  },
});
