import { expect, test } from 'vitest';
import { messagePort } from '../../../main/rpc/adapters/messagePort.ts';
import { desktopPort, type EngineState, type LabHost } from '../../../renderer/src/transport/desktop.ts';

/** The preload's part, in this window. */
function fakeHost(requestPort: () => void, state: EngineState): LabHost {
  return {
    requestPort,
    onEngineState(listener) {
      queueMicrotask(() => listener(state));
      return () => {};
    },
    revealWorkspace: async () => {},
  };
}

test('takes the port that comes with the message, and nothing else', async () => {
  const { port1, port2 } = new MessageChannel();
  const engine = messagePort(port2);
  const host = fakeHost(
    () => {
      window.postMessage('something else', location.origin);
      window.postMessage('lab:port', location.origin, [port1]);
    },
    { state: 'up', message: null },
  );
  const port = await desktopPort(host);
  const received = new Promise<Uint8Array>((resolve) => engine.onFrame(resolve));
  port.onFrame(() => {});
  port.send(new Uint8Array([1, 2, 3]));
  expect([...(await received)]).toEqual([1, 2, 3]);
});

test('says what the desktop says where no engine will come', async () => {
  const host = fakeHost(() => {}, { state: 'failed', message: 'The workspace is in use by another lab.' });
  await expect(desktopPort(host)).rejects.toMatchObject({ message: 'The workspace is in use by another lab.' });
});
