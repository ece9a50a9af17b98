/** The main process's end of the engine's requests for children. The other end is tested in tests/unit/processes/requestSpawner.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHILDREN_MAX, serveSpawnRequests } from '../../../main/desktop/children.ts';
import { UtilityChild } from '../../../main/desktop/utilityChild.ts';
import type { Double, PlayedUtilityProcess } from './fixtures/electron.ts';

vi.mock('electron', async () => (await import('./fixtures/electron.ts')).createElectron());
const { forked } = (await import('electron')) as unknown as Double;

let engine: PlayedUtilityProcess;
let kill: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  forked.length = 0;
  kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  serveSpawnRequests(new UtilityChild('/built', 'engine'), (entry) => new UtilityChild('/built', entry));
  engine = forked[0]!;
});
afterEach(() => void vi.restoreAllMocks());

const told = () => engine.posted.map(({ message }) => message);

test('a child is started, talked with and reported', () => {
  engine.emit('message', { type: 'spawn', id: 3, entry: 'broker' });
  const child = forked[1]!;
  engine.emit('message', { type: 'post', id: 3, message: { type: 'boot' } });
  child.play(99);
  child.emit('message', { type: 'ready' });
  child.end(5);
  engine.emit('message', { type: 'post', id: 3, message: 'late' });
  expect(child.posted).toEqual([{ message: { type: 'boot' }, ports: [] }]);
  expect(told()).toEqual([
    { type: 'spawned', id: 3, pid: 99 },
    { type: 'childMessage', id: 3, message: { type: 'ready' } },
    { type: 'childExit', id: 3, how: 'exit code 5' },
  ]);
});

test('a kill is SIGKILL, and one that comes before the process runs is not forgotten', () => {
  engine.emit('message', { type: 'spawn', id: 1, entry: 'broker' });
  engine.emit('message', { type: 'kill', id: 1 });
  expect(kill).not.toHaveBeenCalled();
  forked[1]!.play(99);
  expect(kill).toHaveBeenCalledExactlyOnceWith(99, 'SIGKILL');
  forked[1]!.end(9);
  expect(told().at(-1)).toEqual({ type: 'childExit', id: 1, how: 'signal SIGKILL' });
});

test('no child outlives the engine, also one that was just asked for', () => {
  for (const id of [1, 2, 3]) engine.emit('message', { type: 'spawn', id, entry: 'broker' });
  forked[1]!.play(11);
  forked[2]!.play(12);
  engine.end(1);
  forked[3]!.play(13);
  expect(kill.mock.calls).toEqual([
    [11, 'SIGKILL'],
    [12, 'SIGKILL'],
    [13, 'SIGKILL'],
  ]);
});

test('only our own programs are started, and not without limit', () => {
  engine.emit('message', { type: 'spawn', id: 1, entry: '../../elsewhere' });
  engine.emit('message', { type: 'spawn', id: 2, entry: 'engine' });
  expect(forked).toHaveLength(1);
  for (let id = 3; id < 4 + CHILDREN_MAX; id++) engine.emit('message', { type: 'spawn', id, entry: 'broker' });
  expect(forked).toHaveLength(1 + CHILDREN_MAX);
  expect(told()).toEqual([
    { type: 'childExit', id: 1, how: 'no program “../../elsewhere”' },
    { type: 'childExit', id: 2, how: 'no program “engine”' },
    { type: 'childExit', id: 3 + CHILDREN_MAX, how: `more than ${CHILDREN_MAX} processes` },
  ]);
});
