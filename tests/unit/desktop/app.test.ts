/** What the app tells Electron: about its window, its page, its permissions, its single instance. */
import { describe, expect, test, vi } from 'vitest';
import { runApp, runReady, settle, tellLauncher } from './fixtures/runApp.ts';

describe('the page', () => {
  test('has a scheme of its own, said before Electron is ready', async () => {
    const electron = await runApp();
    expect(electron.protocol.registerSchemesAsPrivileged).toHaveBeenCalledWith([
      { scheme: 'lab', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ]);
    expect(electron.windows).toHaveLength(0);
  });

  test('is served with its policy, and nothing else is', async () => {
    const { electron } = await runReady();
    const [scheme, handler] = electron.protocol.handle.mock.calls[0]!;
    expect(scheme).toBe('lab');
    const page = handler(new Request('lab://page/'));
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; .*connect-src 'self'; frame-ancestors 'none'/,
    );
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await page.text()).toContain('<title>Page</title>');
    const status = (url: string, method = 'GET') => handler(new Request(url, { method })).status;
    expect(status('lab://page/assets/index-0a1b2c3d.js')).toBe(200);
    expect(status('lab://page/../engine.ts')).toBe(404);
    expect(status('lab://page/%2e%2e/engine.ts')).toBe(404);
    expect(status('lab://other/')).toBe(404);
    expect(status('lab://page/', 'POST')).toBe(405);
  });
});

describe('the window', () => {
  test('is sandboxed, isolated and without Node', async () => {
    const { window } = await runReady();
    expect(window.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    });
    expect((window.options.webPreferences as { preload: string }).preload).toMatch(/preload[/\\]preload\.cjs$/);
    expect(window.loadURL).toHaveBeenCalledWith('lab://page/');
  });

  test('asks before it leaves a page that is busy, and stays where the user says so', async () => {
    const { electron, window } = await runReady();
    for (const [answer, leaves] of [
      [0, false],
      [1, true],
    ] as const) {
      electron.dialog.showMessageBoxSync.mockReturnValueOnce(answer);
      const event = { preventDefault: vi.fn() };
      window.webContents.emit('will-prevent-unload', event);
      expect(event.preventDefault).toHaveBeenCalledTimes(leaves ? 1 : 0);
    }
    expect(electron.dialog.showMessageBoxSync).toHaveBeenCalledWith(
      window,
      expect.objectContaining({ buttons: ['Stay', 'Leave'], cancelId: 0 }),
    );
  });

  test('shows when there is something to see, and where it was', async () => {
    const { electron, window } = await runReady();
    expect(window.options).toMatchObject({ show: false, width: 1280 });
    expect(window.show).not.toHaveBeenCalled();
    window.emit('ready-to-show');
    expect(window.show).toHaveBeenCalledOnce();
    expect(tellLauncher).toHaveBeenCalledExactlyOnceWith('window-shown');
    window.emit('close');
    const { userData } = electron.app;
    const again = await runReady([], (fresh) => (fresh.app.userData = userData));
    expect(again.window.options).toMatchObject({ x: 10, y: 20, width: 900, height: 700 });
  });

  test('follows the theme', async () => {
    const { electron, window } = await runReady();
    expect(window.options.backgroundColor).toBe('#fbfaf7');
    electron.nativeTheme.shouldUseDarkColors = true;
    electron.nativeTheme.emit('updated');
    expect(window.setBackgroundColor).toHaveBeenLastCalledWith('#15171b');
  });
});

describe('no page', () => {
  test.each([
    ['https://evil.example/', true],
    ['file:///etc/passwd', true],
    ['lab://other/', true],
    ['lab://page/assets/x.js', true],
    ['lab://page.evil/', true],
    ['lab://page/', false],
    ['lab://page/#/streams/orders', false],
  ])('goes to %s: prevented %s', async (url, isPrevented) => {
    const { contents } = await runReady();
    for (const name of ['will-frame-navigate', 'will-redirect']) {
      const event = { url, preventDefault: vi.fn() };
      contents.emit(name, event);
      expect(event.preventDefault).toHaveBeenCalledTimes(isPrevented ? 1 : 0);
    }
  });

  test('embeds another', async () => {
    const { contents } = await runReady();
    const event = { preventDefault: vi.fn() };
    contents.emit('will-attach-webview', event);
    expect(event.preventDefault).toHaveBeenCalledOnce();
  });

  test.each([
    ['https://example.org/book?a=1#b', 1],
    ['http://example.org/', 0],
    ['https://user:secret@example.org/', 0],
    ['file:///etc/passwd', 0],
    ['javascript:alert(1)', 0],
    ['smb://server/share', 0],
    ['nonsense', 0],
  ])('opens a window; %s goes to the browser %i times', async (url, times) => {
    const { electron, contents } = await runReady();
    expect(contents.windowOpenHandler!({ url })).toEqual({ action: 'deny' });
    expect(electron.shell.openExternal).toHaveBeenCalledTimes(times);
  });

  test('gets a permission, but for copying a text', async () => {
    const { electron, contents } = await runReady();
    const { defaultSession } = electron.session;
    const [request] = defaultSession.setPermissionRequestHandler.mock.calls[0]!;
    const [check] = defaultSession.setPermissionCheckHandler.mock.calls[0]!;
    const asked = (permission: string) => {
      let isGranted: boolean | undefined;
      request(contents, permission, (answer) => (isGranted = answer));
      return isGranted;
    };
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'fileSystem', 'openExternal', 'usb', 'unknown']) {
      expect(asked(permission)).toBe(false);
      expect(check(contents, permission, 'lab://page/')).toBe(false);
    }
    expect(asked('clipboard-sanitized-write')).toBe(true);
    expect(check(contents, 'clipboard-sanitized-write', 'lab://page/')).toBe(true);
    expect(check(null, 'clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
    contents.mainFrame.url = 'https://evil.example/';
    expect(asked('clipboard-sanitized-write')).toBe(false);
    expect(defaultSession.setDevicePermissionHandler.mock.calls[0]![0]()).toBe(false);
  });
});

describe('a second instance', () => {
  test('ends, and has handed its workspace over', async () => {
    const electron = await runApp(['--workspace', '/another/lab'], ({ app }) => app.requestSingleInstanceLock.mockReturnValueOnce(false));
    electron.app.ready.resolve();
    await settle();
    expect(electron.app.requestSingleInstanceLock).toHaveBeenCalledWith({ workspace: '/another/lab' });
    expect(tellLauncher).toHaveBeenCalledExactlyOnceWith('handed-over');
    expect(electron.app.quit).toHaveBeenCalledOnce();
    expect([electron.windows.length, electron.forked.length]).toEqual([0, 0]);
  });

  test('brings the window to the front, and opens its workspace where it names one', async () => {
    const { electron, window, contents, engine } = await runReady();
    electron.app.emit('second-instance', {}, [], '', { workspace: null });
    expect([window.restore, window.focus].map((called) => called.mock.calls.length)).toEqual([1, 1]);
    expect(electron.forked).toHaveLength(1);
    electron.app.emit('second-instance', {}, [], '', { workspace: '/another/lab' });
    await settle();
    const first = engine();
    expect(first.posted.at(-1)!.message).toEqual({ type: 'close' });
    first.end(0);
    await settle();
    expect(engine().posted[0]!.message).toMatchObject({ type: 'boot', workspace: '/another/lab' });
    expect(contents.reload).toHaveBeenCalledOnce();
  });
});
