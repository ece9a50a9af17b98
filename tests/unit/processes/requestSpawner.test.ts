/** The engine's end of asking Electron's main process for children. The other end is tested in tests/unit/desktop/children.test.ts. */
import { expect, test } from 'vitest';
import type { ParentChannel } from '../../../main/processes/parentChannel.ts';
import { createRequestSpawner } from '../../../main/processes/requestSpawner.ts';

function played() {
  const posted: unknown[] = [];
  const receivers: ((message: unknown, ports: unknown[]) => void)[] = [];
  const channel: ParentChannel = {
    post: (message) => posted.push(message),
    onMessage: (receive) => receivers.push(receive),
    onClose: () => {},
  };
  return {
    posted,
    spawner: createRequestSpawner(channel),
    hear: (message: unknown) => receivers.forEach((receive) => receive(message, [])),
  };
}

test('asks, tells apart and passes on', () => {
  const { posted, spawner, hear } = played();
  const one = spawner.spawn('broker');
  const two = spawner.spawn('broker');
  one.post({ type: 'boot' });
  expect(posted).toEqual([
    { type: 'spawn', id: 1, entry: 'broker' },
    { type: 'spawn', id: 2, entry: 'broker' },
    { type: 'post', id: 1, message: { type: 'boot' } },
  ]);
  const heard: unknown[] = [];
  two.onMessage((message) => heard.push(message));
  expect(two.pid).toBeUndefined();
  hear({ type: 'spawned', id: 2, pid: 4711 });
  hear({ type: 'childMessage', id: 2, message: 'ready' });
  hear({ type: 'childMessage', id: 1, message: 'not for two' });
  expect([two.pid, one.pid, heard]).toEqual([4711, undefined, ['ready']]);
});

test('tells the end once, and asks nothing for a child that has ended', () => {
  const { posted, spawner, hear } = played();
  const child = spawner.spawn('broker');
  const ends: string[] = [];
  child.onExit((how) => ends.push(how));
  child.kill();
  expect(posted.at(-1)).toEqual({ type: 'kill', id: 1 });
  hear({ type: 'childExit', id: 1, how: 'signal SIGKILL' });
  hear({ type: 'childExit', id: 1, how: 'signal SIGKILL' });
  child.kill();
  child.post('late');
  expect([ends, posted.length]).toEqual([['signal SIGKILL'], 2]);
});

test('leaves messages that are not about children to others', () => {
  const { hear } = played();
  for (const message of [null, 'text', { type: 'boot' }, { type: 'childExit', id: 99, how: '' }]) expect(() => hear(message)).not.toThrow();
});
