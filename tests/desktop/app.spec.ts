/** What only real Electron can show: the window, its sandbox, and the way to the engine through utility processes and message ports. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'playwright/test';
import { type App, launchApp } from './app.ts';

let app: App;
test.beforeEach(async () => {
  app = await launchApp();
});
test.afterEach(() => app?.close());

test('the window opens, and the engine answers', async () => {
  await expect(app.page).toHaveURL(/^lab:\/\/page\//);
  await expect(app.page.getByRole('navigation', { name: 'Lab' })).toBeVisible();
  await app.page.getByRole('button', { name: 'New stream' }).first().click();
  await expect(app.page.getByRole('dialog')).toBeVisible();
  await expect.poll(() => existsSync(path.join(app.workspace))).toBe(true);
});

test('the page is sandboxed and isolated', async () => {
  const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
    const { sandbox, contextIsolation, nodeIntegration, webSecurity } = contents.getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration, webSecurity };
  });
  expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true });
  const seen = await app.page.evaluate(() => {
    const page = globalThis as Record<string, unknown>;
    return { node: [typeof page.require, typeof page.process, typeof page.module], host: Object.keys(page.labHost as object).sort() };
  });
  expect(seen.node).toEqual(['undefined', 'undefined', 'undefined']);
  expect(seen.host).toEqual(['host', 'onEngineState', 'platform', 'requestPort', 'revealWorkspace']);
});

test('the page can neither run text as a program, nor reach the network, nor go elsewhere', async () => {
  const tried = await app.page.evaluate(async () => {
    const fetched = await fetch('https://example.org/').then(
      () => 'reached',
      () => 'refused',
    );
    const page = globalThis as unknown as { open(url: string): unknown; location: { href: string } };
    const opened = page.open('file:///');
    page.location.href = 'https://example.org/';
    return { fetched, opened };
  });
  expect(tried).toEqual({ fetched: 'refused', opened: null });
  await expect(app.page).toHaveURL(/^lab:\/\/page\//);
  expect(app.electron.windows()).toHaveLength(1);
});

test('an engine that is killed comes back, and the page with it', async () => {
  await expect(app.page.getByRole('navigation', { name: 'Lab' })).toBeVisible();
  const states = app.page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const seen: string[] = [];
        const { labHost } = globalThis as unknown as { labHost: { onEngineState(listener: (state: { state: string }) => void): void } };
        labHost.onEngineState(({ state }) => {
          seen.push(state);
          if (seen.includes('down') && state === 'up') resolve(seen);
        });
      }),
  );
  await expect.poll(() => killEngine()).toBe(true);
  expect(await states).toEqual(['up', 'down', 'starting', 'up']);
});

/** Says whether there was one. */
function killEngine(): Promise<boolean> {
  return app.electron.evaluate(({ app: electronApp }) => {
    const engine = electronApp.getAppMetrics().find(({ name, serviceName }) => [name, serviceName].includes('Unified Log Lab engine'));
    if (engine) process.kill(engine.pid, 'SIGKILL');
    return engine !== undefined;
  });
}
