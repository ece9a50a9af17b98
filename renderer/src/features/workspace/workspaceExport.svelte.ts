/** One export of the workspace under way: its pieces are written as they come, each when the one before it is. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { WorkspaceFileReport } from '../../../../main/api/workspace.ts';
import { writeError } from '../export/exportRun.svelte.ts';
import type { ExportTarget } from '../export/exportTarget.ts';

export class WorkspaceExport {
  state = $state<'running' | 'done' | 'failed' | 'stopped'>('running');
  jobId = $state<string | null>(null);
  /** Bytes of the file so far. */
  bytes = $state(0);
  report = $state.raw<WorkspaceFileReport | null>(null);
  error = $state.raw<LabError | null>(null);
  readonly #client: Pick<LabClient, 'workspace'>;
  readonly #target: ExportTarget;
  readonly #stop = new AbortController();

  constructor(client: Pick<LabClient, 'workspace'>, target: ExportTarget) {
    this.#client = client;
    this.#target = target;
  }

  async run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const item of this.#client.workspace.export({}, { signal })) {
        if (item.kind === 'begun') this.jobId = item.jobId;
        if (item.kind === 'done') this.report = item.report;
        if (item.kind !== 'piece') continue;
        // A copy of its own: what came is a view of a frame.
        const piece = new Uint8Array(item.piece);
        await this.#target.write(piece);
        this.bytes += piece.length;
      }
      signal.throwIfAborted();
      await this.#target.keep();
      this.state = 'done';
    } catch (thrown) {
      await this.#target.discard().catch(() => undefined); // the first error is the one to tell
      // Also where the job was cancelled in the tray.
      const isStopped = signal.aborted || toLabError(thrown).code === 'cancelled';
      this.error = isStopped ? null : writeError(thrown);
      this.state = isStopped ? 'stopped' : 'failed';
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}
