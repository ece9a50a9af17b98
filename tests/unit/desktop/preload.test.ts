/** The preload: what the page gets to see, and nothing more. */
import { EventEmitter } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import type { LabHost } from '../../../main/desktop/bridge.ts';

const played = vi.hoisted(() => ({
  exposed: {} as Record<string, unknown>,
  ipcRenderer: undefined as unknown as EventEmitter & { send: ReturnType<typeof vi.fn>; invoke: ReturnType<typeof vi.fn> },
}));
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, value: unknown) => (played.exposed[name] = value) },
  get ipcRenderer() {
    return played.ipcRenderer;
  },
}));

const postMessage = vi.fn();
beforeEach(async () => {
  vi.resetModules();
  played.ipcRenderer = Object.assign(new EventEmitter(), {
    send: vi.fn(),
    invoke: vi.fn(() => Promise.resolve({ state: 'up', message: null })),
  });
  vi.stubGlobal('postMessage', postMessage);
  vi.stubGlobal('location', { origin: 'lab://page' });
  await import('../../../main/desktop/preload.ts');
});

test('offers the host and nothing of Electron', () => {
  expect(Object.keys(played.exposed)).toEqual(['labHost']);
  expect(Object.keys(played.exposed.labHost as object).sort()).toEqual([
    'host',
    'onEngineState',
    'platform',
    'requestPort',
    'revealWorkspace',
  ]);
  expect(played.exposed.labHost).toMatchObject({ host: 'desktop', platform: process.platform });
});

test('asks for a port and hands it to the page of its own origin', () => {
  (played.exposed.labHost as LabHost).requestPort();
  expect(played.ipcRenderer.send).toHaveBeenCalledExactlyOnceWith('lab:requestPort');
  const port = { name: 'a port' };
  played.ipcRenderer.emit('lab:port', { ports: [port] }, null);
  expect(postMessage).toHaveBeenCalledExactlyOnceWith('lab:port', 'lab://page', [port]);
});

test('tells the engine’s state now and as it changes, until told to stop', async () => {
  const heard: unknown[] = [];
  const stop = (played.exposed.labHost as LabHost).onEngineState(({ state }) => heard.push(state));
  await Promise.resolve();
  played.ipcRenderer.emit('lab:engineState', {}, { state: 'down', message: 'The engine ended.' });
  stop();
  played.ipcRenderer.emit('lab:engineState', {}, { state: 'up', message: null });
  expect(heard).toEqual(['up', 'down']);
});
