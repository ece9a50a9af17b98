/**
 * The Spawner inside Electron: only Electron's main process can fork a utility process, so the engine asks it to over its control
 * channel (the other end: main/desktop/children.ts). Messages of the asking side: `spawn`, `post`, `kill`; of the forking side:
 * `spawned`, `childMessage`, `childExit`; each with the child's `id`, which is the asking side's.
 */
import type { ParentChannel } from './parentChannel.ts';
import type { Child, ProcessEntry, Spawner } from './spawner.ts';

/** What the engine sends. */
export type SpawnRequest =
  { type: 'spawn'; id: number; entry: ProcessEntry } | { type: 'post'; id: number; message: unknown } | { type: 'kill'; id: number };

/** What it gets back. */
export type SpawnReport =
  | { type: 'spawned'; id: number; pid: number }
  | { type: 'childMessage'; id: number; message: unknown }
  | { type: 'childExit'; id: number; how: string };

export function createRequestSpawner(channel: ParentChannel): Spawner {
  const children = new Map<number, RequestedChild>();
  let lastId = 0;
  const request = (message: SpawnRequest) => channel.post(message);
  channel.onMessage((message) => {
    const report = message as SpawnReport | null;
    const child = typeof report === 'object' && report !== null ? children.get(report.id) : undefined;
    if (!report || !child) return;
    if (report.type === 'childExit') children.delete(report.id);
    child.hear(report);
  });
  return {
    spawn(entry) {
      const id = ++lastId;
      const child = new RequestedChild(id, request);
      children.set(id, child);
      request({ type: 'spawn', id, entry });
      return child;
    },
  };
}

class RequestedChild implements Child {
  readonly #id: number;
  readonly #request: (message: SpawnRequest) => void;
  #pid: number | undefined;
  #receivers: ((message: unknown) => void)[] = [];
  #exitListeners: ((how: string) => void)[] = [];
  #hasEnded = false;

  constructor(id: number, request: (message: SpawnRequest) => void) {
    this.#id = id;
    this.#request = request;
  }

  /** Known from when the process runs. */
  get pid(): number | undefined {
    return this.#pid;
  }

  post(message: unknown): void {
    if (!this.#hasEnded) this.#request({ type: 'post', id: this.#id, message });
  }

  onMessage(receive: (message: unknown) => void): void {
    this.#receivers.push(receive);
  }

  onExit(exited: (how: string) => void): void {
    this.#exitListeners.push(exited);
  }

  kill(): void {
    if (!this.#hasEnded) this.#request({ type: 'kill', id: this.#id });
  }

  hear(report: SpawnReport): void {
    if (report.type === 'spawned') {
      this.#pid = report.pid;
    } else if (report.type === 'childMessage') {
      for (const receive of this.#receivers) receive(report.message);
    } else {
      this.#hasEnded = true;
      for (const exited of this.#exitListeners) exited(report.how);
    }
  }
}
