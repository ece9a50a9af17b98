/** The engine of the open workspace, one at a time, and the ports from it to the window. */
import { MessageChannelMain, type WebContents } from 'electron';
import { type EngineState, EngineSupervisor } from '../processes/engineSupervisor.ts';
import type { ProcessEntry } from '../processes/spawner.ts';
import type { Layout } from '../web/layout.ts';
import { channels } from './bridge.ts';
import { serveSpawnRequests } from './children.ts';
import { UtilityChild } from './utilityChild.ts';

export class EngineHost {
  readonly #layout: Layout;
  readonly #onState: (state: EngineState) => void;
  #supervisor: EngineSupervisor<UtilityChild> | null = null;
  #workspace = '';
  #opening: Promise<void> = Promise.resolve();
  /** Whose request for a port waits for an engine. */
  #waiting: WebContents | null = null;
  #isClosed = false;

  constructor(layout: Layout, onState: (state: EngineState) => void) {
    this.#layout = layout;
    this.#onState = onState;
  }

  /** The folder that is open or about to be. */
  get workspace(): string {
    return this.#workspace;
  }

  get state(): EngineState {
    return this.#supervisor?.state ?? { state: 'starting', message: null };
  }

  /** Closes the engine there is and starts one on this folder; how that goes is told as states. Resolves when the new one has begun to start. */
  open(workspace: string): Promise<void> {
    this.#opening = this.#opening.then(() => this.#replace(workspace));
    return this.#opening;
  }

  /** Gives the page a port to the engine, as soon as one runs. */
  givePort(page: WebContents): void {
    this.#waiting = page;
    this.#serveWaiting();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening;
    await this.#supervisor?.close();
  }

  async #replace(workspace: string): Promise<void> {
    const before = this.#supervisor;
    this.#supervisor = null;
    await before?.close();
    if (this.#isClosed) return;
    this.#workspace = workspace;
    const supervisor = new EngineSupervisor({
      boot: {
        workspace,
        durability: null,
        brokers: null,
        kafkaPort: null,
        resources: this.#layout.resourcesFolder,
        version: this.#layout.version,
        command: this.#layout.command,
        program: 'desktop',
        builtFolder: this.#layout.builtFolder,
      },
      startChild: () => this.#startChild(),
      onState: (state) => {
        if (supervisor !== this.#supervisor) return;
        this.#onState(state);
        this.#serveWaiting();
      },
    });
    this.#supervisor = supervisor;
    // Why it does not start is told by the state `failed`.
    supervisor.start().catch(() => {});
  }

  #startChild(): UtilityChild {
    const fork = (entry: ProcessEntry) => new UtilityChild(this.#layout.builtFolder, entry);
    const engine = fork('engine');
    serveSpawnRequests(engine, fork);
    return engine;
  }

  #serveWaiting(): void {
    const engine = this.#supervisor?.running;
    const page = this.#waiting;
    if (!engine || !page) return;
    this.#waiting = null;
    if (page.isDestroyed()) return;
    const { port1, port2 } = new MessageChannelMain();
    engine.child.postPorts({ type: 'page' }, [port1]);
    page.postMessage(channels.port, null, [port2]);
  }
}
