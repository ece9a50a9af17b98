/** The desktop app in real Electron: `playwright test --config tests/desktop/playwright.config.ts`, after a build. */
import { defineConfig } from 'playwright/test';

export default defineConfig({
  testDir: import.meta.dirname,
  // Each test is an app of its own; two at once would only make each other slow.
  workers: 1,
  timeout: 60_000,
  reporter: 'list',
  outputDir: '../../test-results/desktop',
});
