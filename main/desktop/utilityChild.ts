/** A process of ours as a utility process of Electron: the Child of main/processes, which can be handed message ports besides. */
import path from 'node:path';
import { type MessagePortMain, type UtilityProcess, utilityProcess } from 'electron';
import type { Child, ProcessEntry } from '../processes/spawner.ts';

export class UtilityChild implements Child {
  readonly #process: UtilityProcess;
  #hasEnded = false;
  #killed = false;

  /** To be made only once the app is ready. */
  constructor(builtFolder: string, entry: ProcessEntry) {
    this.#process = utilityProcess.fork(path.join(builtFolder, `${entry}.js`), [], {
      serviceName: `Unified Log Lab ${entry}`,
      env: { ...process.env, LOGLAB_PROCESS: entry },
      stdio: 'inherit',
    });
    this.#process.once('exit', () => (this.#hasEnded = true));
    this.#process.once('spawn', () => {
      if (this.#killed) this.kill();
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  post(message: unknown): void {
    this.postPorts(message, []);
  }

  postPorts(message: unknown, ports: MessagePortMain[]): void {
    if (!this.#hasEnded) this.#process.postMessage(message, ports);
  }

  onMessage(receive: (message: unknown) => void): void {
    this.#process.on('message', receive);
  }

  onSpawn(spawned: (pid: number) => void): void {
    this.#process.once('spawn', () => {
      if (this.pid !== undefined) spawned(this.pid);
    });
  }

  onExit(exited: (how: string) => void): void {
    this.#process.once('exit', (code) => exited(this.#killed ? 'signal SIGKILL' : `exit code ${code}`));
  }

  /** Electron's own kill() asks with SIGTERM; ours is a crash. One that is not running yet is killed as soon as it is. */
  kill(): void {
    this.#killed = true;
    if (this.#hasEnded || this.pid === undefined) return;
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
