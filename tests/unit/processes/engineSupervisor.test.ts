/** The supervisor with a child that the test plays, and a clock that it moves. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RECOVERED_AFTER_MS, RESTART_LONGEST_MS } from '../../../main/processes/backOff.ts';
import {
  ENGINE_BOOT_MS_MAX,
  ENGINE_CLOSE_MS_MAX,
  type EngineBoot,
  type EngineState,
  EngineSupervisor,
  RAPID_FAILURES_MAX,
} from '../../../main/processes/engineSupervisor.ts';
import type { Child } from '../../../main/processes/spawner.ts';

const boot: EngineBoot = {
  workspace: '/a/lab',
  durability: 'safe',
  kafkaPort: null,
  brokers: 1,
  resources: '/r',
  version: '1.2.3',
  command: 'loglab',
  program: 'serve',
  builtFolder: '/b',
};
const ready = { type: 'ready', address: '/tmp/socket', secret: 's', workspace: { name: 'lab', path: '/a/lab' }, kafka: ['127.0.0.1:9092'] };

class PlayedChild implements Child {
  pid = 1;
  posted: unknown[] = [];
  hear: (message: unknown) => void = () => {};
  exit: (how: string) => void = () => {};
  post(message: unknown) {
    this.posted.push(message);
  }
  onMessage(receive: (message: unknown) => void) {
    this.hear = receive;
  }
  onExit(exited: (how: string) => void) {
    this.exit = exited;
  }
  kill() {
    this.exit('signal SIGKILL');
  }
}

let children: PlayedChild[];
let states: EngineState[];
let supervisor: EngineSupervisor<PlayedChild>;
const last = () => children.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  children = [];
  states = [];
  supervisor = new EngineSupervisor({
    boot,
    startChild: () => {
      const child = new PlayedChild();
      children.push(child);
      return child;
    },
    onState: (state) => states.push(state),
  });
});
afterEach(() => void vi.useRealTimers());

async function startUp(): Promise<void> {
  const starting = supervisor.start();
  last().hear(ready);
  await starting;
}

test('boots the engine and says where it is', async () => {
  await startUp();
  expect(last().posted).toEqual([{ type: 'boot', ...boot }]);
  expect(supervisor.running).toEqual({
    child: last(),
    address: '/tmp/socket',
    secret: 's',
    workspace: ready.workspace,
    kafka: ready.kafka,
  });
});

test('a first start that fails is not repeated', async () => {
  const starting = supervisor.start();
  last().hear({ type: 'failed', error: { code: 'workspace-in-use', message: 'Another lab has it open.', retriable: true } });
  last().exit('exit code 1');
  await expect(starting).rejects.toMatchObject({ code: 'workspace-in-use', message: 'Another lab has it open.' });
  vi.advanceTimersByTime(60_000);
  expect(children).toHaveLength(1);
  await supervisor.close();
});

test('an engine that says nothing is ended', async () => {
  const starting = supervisor.start();
  vi.advanceTimersByTime(ENGINE_BOOT_MS_MAX);
  await expect(starting).rejects.toThrow('not ready after 120 seconds');
});

test('an engine that failed and stays is ended', async () => {
  const starting = supervisor.start();
  last().hear({ type: 'failed', error: { code: 'disk-full', message: 'The disk is full.', retriable: true } });
  vi.advanceTimersByTime(ENGINE_CLOSE_MS_MAX);
  await expect(starting).rejects.toThrow('The disk is full.');
});

test('starts anew with growing pauses, and gives up in the end', async () => {
  await startUp();
  const pauses: number[] = [];
  while (supervisor.state.state !== 'failed') {
    last().exit('signal SIGSEGV');
    expect(supervisor.running).toBeNull();
    const count = children.length;
    let waitedMs = 0;
    for (; children.length === count && waitedMs <= RESTART_LONGEST_MS; waitedMs += 100) vi.advanceTimersByTime(100);
    if (children.length > count) pauses.push(waitedMs);
  }
  expect(pauses.slice(0, 7)).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
  expect(children).toHaveLength(RAPID_FAILURES_MAX);
  expect(supervisor.state.message).toBe(
    `The engine ended ${RAPID_FAILURES_MAX} times in a row and is not started again. The last time: The engine ended before it was ready (signal SIGSEGV).`,
  );
});

test('an engine that ran for a while starts the count anew', async () => {
  await startUp();
  for (let round = 0; round < RAPID_FAILURES_MAX + 2; round++) {
    vi.advanceTimersByTime(RECOVERED_AFTER_MS);
    last().exit('signal SIGKILL');
    vi.advanceTimersByTime(100);
    last().hear(ready);
  }
  expect(supervisor.state.state).toBe('up');
  expect(states.filter(({ state }) => state === 'down')[0]!.message).toBe('The engine ended unasked (signal SIGKILL).');
});

test('closes what runs, once, and by force where it must', async () => {
  await startUp();
  const closing = Promise.all([supervisor.close(), supervisor.close()]);
  expect(last().posted.filter((message) => (message as { type: string }).type === 'close')).toHaveLength(1);
  expect(supervisor.running).toBeNull();
  vi.advanceTimersByTime(ENGINE_CLOSE_MS_MAX);
  await closing;
  expect(states.at(-1)).toEqual({ state: 'closed', message: null });
  vi.advanceTimersByTime(60_000);
  expect(children).toHaveLength(1);
});

test('closes between two engines', async () => {
  await startUp();
  last().exit('signal SIGKILL');
  await supervisor.close();
  vi.advanceTimersByTime(60_000);
  expect(children).toHaveLength(1);
});
