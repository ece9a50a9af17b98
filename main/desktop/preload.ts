/** The preload of the window, sandboxed: hands ports through to the page and offers it {@link LabHost}. Built into one CommonJS file. */
import { contextBridge, ipcRenderer } from 'electron';
import type { EngineState } from '../processes/engineSupervisor.ts';
import { channels, type LabHost, PORT_MESSAGE } from './bridge.ts';

/** The part of the window that is used here; main/ is checked without the DOM. */
interface PageWindow {
  postMessage(message: unknown, targetOrigin: string, transfer: unknown[]): void;
  location: { origin: string };
}
const page = globalThis as unknown as PageWindow;

ipcRenderer.on(channels.port, (event) => page.postMessage(PORT_MESSAGE, page.location.origin, event.ports));

const labHost: LabHost = {
  host: 'desktop',
  platform: process.platform,
  requestPort: () => ipcRenderer.send(channels.requestPort),
  onEngineState(listener) {
    const tell = (_event: unknown, state: EngineState) => listener(state);
    ipcRenderer.on(channels.engineState, tell);
    void ipcRenderer.invoke(channels.engineState).then((state: EngineState) => listener(state));
    return () => void ipcRenderer.off(channels.engineState, tell);
  },
  revealWorkspace: () => ipcRenderer.invoke(channels.revealWorkspace) as Promise<void>,
};

contextBridge.exposeInMainWorld('labHost', labHost);
