/** The engine's life in the app: how it is started, reached, restarted and closed, and what the page is told. */
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readyMessage, runReady, settle } from './fixtures/runApp.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type App = Awaited<ReturnType<typeof runReady>>;

function asks(app: App, channel: string, event: object = { sender: app.contents, senderFrame: app.contents.mainFrame }): unknown {
  return app.electron.ipcMain.listeners.get(channel)!(event);
}

test('is a utility process and is told what to open', async () => {
  const { electron, engine } = await runReady();
  expect(electron.utilityProcess.fork).toHaveBeenCalledWith(
    path.join('/built', 'engine.js'),
    [],
    expect.objectContaining({ serviceName: 'Unified Log Lab engine' }),
  );
  expect(engine().posted).toEqual([
    {
      message: {
        type: 'boot',
        workspace: '/a/lab',
        durability: null,
        brokers: null,
        kafkaPort: null,
        resources: '/resources',
        version: '1.2.3',
        command: 'loglab',
        program: 'desktop',
        builtFolder: '/built',
      },
      ports: [],
    },
  ]);
});

describe('a port', () => {
  test('that is asked for waits for the engine, and goes straight from it to the page', async () => {
    const app = await runReady();
    asks(app, 'lab:requestPort');
    asks(app, 'lab:requestPort');
    expect(app.contents.postMessage).not.toHaveBeenCalled();
    app.engine().emit('message', readyMessage);
    expect(app.contents.postMessage).toHaveBeenCalledOnce();
    const [channel, message, [pageEnd]] = app.contents.postMessage.mock.calls[0]! as [string, unknown, { name: string }[]];
    expect([channel, message]).toEqual(['lab:port', null]);
    const { message: page, ports } = app.engine().posted.at(-1)!;
    expect(page).toEqual({ type: 'page' });
    expect((ports[0] as { name: string }).name.replace('engine', 'page')).toBe(pageEnd!.name);
    asks(app, 'lab:requestPort');
    expect(app.contents.postMessage).toHaveBeenCalledTimes(2);
  });

  test('is for our page alone', async () => {
    const app = await runReady();
    app.engine().emit('message', readyMessage);
    const { contents } = app;
    const strangers = [
      { sender: contents, senderFrame: null },
      { sender: contents, senderFrame: { url: 'lab://page/' } },
      { sender: { mainFrame: contents.mainFrame }, senderFrame: contents.mainFrame },
    ];
    for (const event of strangers) asks(app, 'lab:requestPort', event);
    contents.mainFrame.url = 'https://evil.example/';
    asks(app, 'lab:requestPort');
    expect(contents.postMessage).not.toHaveBeenCalled();
    expect(() => asks(app, 'lab:revealWorkspace')).toThrow('own page');
    expect(() => asks(app, 'lab:engineState')).toThrow('own page');
  });
});

test('the workspace is shown in the file manager', async () => {
  const app = await runReady();
  await asks(app, 'lab:revealWorkspace');
  expect(app.electron.shell.openPath).toHaveBeenCalledWith('/a/lab');
});

describe('an engine that ends unasked', () => {
  test('is started again, and the page is told, and gets a port from the new one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const app = await runReady();
    app.engine().emit('message', readyMessage);
    app.engine().end(139);
    expect(app.contents.send).toHaveBeenLastCalledWith('lab:engineState', {
      state: 'down',
      message: 'The engine ended unasked (exit code 139).',
    });
    asks(app, 'lab:requestPort');
    vi.advanceTimersByTime(100);
    expect(app.electron.forked).toHaveLength(2);
    expect(asks(app, 'lab:engineState')).toEqual({ state: 'starting', message: null });
    app.engine().emit('message', readyMessage);
    expect(app.contents.send).toHaveBeenLastCalledWith('lab:engineState', { state: 'up', message: null });
    expect(app.contents.postMessage).toHaveBeenCalledOnce();
    expect(app.engine().posted.at(-1)!.message).toEqual({ type: 'page' });
  });

  test('takes its children with it', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const app = await runReady();
    app.engine().emit('message', { type: 'spawn', id: 7, entry: 'broker' });
    const broker = app.electron.forked[1]!;
    expect(broker.file).toBe(path.join('/built', 'broker.js'));
    broker.play(4711);
    app.electron.forked[0]!.end(1);
    expect(kill).toHaveBeenCalledExactlyOnceWith(4711, 'SIGKILL');
  });
});

describe('an engine that can not start', () => {
  const failed = { type: 'failed', error: { code: 'workspace-in-use', message: 'Another lab has it open.', retriable: true } };

  test('is said, and tried again where that is chosen', async () => {
    const app = await runReady(undefined, ({ dialog }) => dialog.showMessageBox.mockResolvedValueOnce({ response: 0 }));
    app.engine().emit('message', failed);
    app.engine().end(1);
    await settle();
    expect(app.electron.dialog.showMessageBox).toHaveBeenCalledWith(
      app.window,
      expect.objectContaining({ detail: 'Another lab has it open.\n\n/a/lab' }),
    );
    expect(app.electron.forked).toHaveLength(2);
    expect(app.engine().posted[0]!.message).toMatchObject({ type: 'boot', workspace: '/a/lab' });
  });

  test('gives way to another workspace, which is remembered', async () => {
    const app = await runReady(undefined, ({ dialog }) => {
      dialog.showMessageBox.mockResolvedValueOnce({ response: 1 });
      dialog.showOpenDialog.mockResolvedValueOnce({ filePaths: ['/another/lab'] });
    });
    app.engine().emit('message', failed);
    app.engine().end(1);
    await settle();
    expect(app.engine().posted[0]!.message).toMatchObject({ type: 'boot', workspace: '/another/lab' });
    const { userData } = app.electron.app;
    const again = await runReady([], (fresh) => (fresh.app.userData = userData));
    expect(again.engine().posted[0]!.message).toMatchObject({ workspace: '/another/lab' });
  });

  test('ends the app where that is chosen', async () => {
    const app = await runReady();
    app.engine().end(1);
    await settle();
    expect(app.electron.app.quit).toHaveBeenCalledOnce();
  });
});

describe('quitting', () => {
  test('waits for the engine to close', async () => {
    const { electron, engine } = await runReady();
    engine().emit('message', readyMessage);
    const event = { preventDefault: vi.fn() };
    electron.app.emit('before-quit', event);
    electron.app.emit('before-quit', event);
    await settle();
    expect(event.preventDefault).toHaveBeenCalledTimes(2);
    expect(engine().posted.filter(({ message }) => (message as { type: string }).type === 'close')).toHaveLength(1);
    expect(electron.app.quit).not.toHaveBeenCalled();
    engine().end(0);
    await settle();
    expect(electron.app.quit).toHaveBeenCalledOnce();
    const last = { preventDefault: vi.fn() };
    electron.app.emit('before-quit', last);
    expect(last.preventDefault).not.toHaveBeenCalled();
  });

  test('does not wait for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { electron, engine } = await runReady();
    engine().play(4711);
    electron.app.emit('before-quit', { preventDefault: vi.fn() });
    await settle();
    vi.advanceTimersByTime(10_000);
    expect(kill).toHaveBeenCalledExactlyOnceWith(4711, 'SIGKILL');
    vi.advanceTimersByTime(2_000);
    expect(electron.app.exit).toHaveBeenCalledExactlyOnceWith(1);
  });

  test('comes with the last window', async () => {
    const { electron } = await runReady();
    electron.app.emit('window-all-closed');
    expect(electron.app.quit).toHaveBeenCalledOnce();
  });
});
