/** A workspace's file that is looked at, given other names where they are taken, and imported: whole or not at all. */
import { LabError, toLabError } from '../../../../main/api/errors.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import { processorNameProblem } from '../../../../main/api/processors.ts';
import { streamNameProblem } from '../../../../main/api/values.ts';
import {
  WORKSPACE_HEAD_BYTES_MAX,
  WORKSPACE_PIECE_BYTES_MAX,
  type PreviewedProcessor,
  type PreviewedStream,
  type WorkspaceFileReport,
  type WorkspacePreview,
} from '../../../../main/api/workspace.ts';

/** Pieces on their way to the log at once. */
const PIECES_IN_FLIGHT_MAX = 4;

export class WorkspaceImport {
  readonly file: File;
  state = $state<'looking' | 'previewed' | 'running' | 'done' | 'failed' | 'stopped'>('looking');
  preview = $state.raw<WorkspacePreview | null>(null);
  /** The name that each stream of the file gets here. */
  names = $state<Record<string, string>>({});
  /** The same of its processors. */
  processorNames = $state<Record<string, string>>({});
  /** Bytes of the file whose content is in the log. */
  doneBytes = $state(0);
  report = $state.raw<WorkspaceFileReport | null>(null);
  error = $state.raw<LabError | null>(null);
  readonly #client: LabClient;
  #jobId: string | null = null;
  #stopped = false;

  constructor(client: LabClient, file: File) {
    this.#client = client;
    this.file = file;
  }

  /** Reads the head of the file. */
  async look(): Promise<void> {
    try {
      const preview = await this.#client.workspace.preview({
        head: await this.#read(0, Math.min(this.file.size, WORKSPACE_HEAD_BYTES_MAX)),
      });
      const named = (all: readonly { name: string; freeName: string }[]) =>
        Object.fromEntries(all.map(({ name, freeName }) => [name, freeName]));
      this.names = named(preview.streams);
      this.processorNames = named(preview.processors);
      this.preview = preview;
      this.state = 'previewed';
    } catch (thrown) {
      this.error = toLabError(thrown);
      this.state = 'failed';
    }
  }

  /** Why a stream can not be called what it would be, a sentence; null where it can. `taken`: names that are there. */
  problemOf(stream: PreviewedStream, taken: ReadonlySet<string>): string | null {
    return nameProblem('stream', stream, this.names, taken, streamNameProblem);
  }

  /** The same for a processor. */
  problemOfProcessor(processor: PreviewedProcessor, taken: ReadonlySet<string>): string | null {
    return nameProblem('processor', processor, this.processorNames, taken, processorNameProblem);
  }

  async run(): Promise<void> {
    this.state = 'running';
    this.error = null;
    try {
      const others = (names: Record<string, string>) => Object.fromEntries(Object.entries(names).filter(([name, as]) => name !== as));
      const { file } = this;
      const { jobId } = await this.#client.workspace.startImport({
        file: { name: file.name, bytes: file.size },
        names: others(this.names),
        processorNames: others(this.processorNames),
        withSettings: false,
      });
      this.#jobId = jobId;
      if (this.#stopped) await this.#cancel(jobId);
      await this.#send(jobId);
      this.report = await this.#client.workspace.finish({ jobId });
      this.state = 'done';
    } catch (thrown) {
      const error = toLabError(thrown);
      const isStopped = this.#stopped || error.code === 'cancelled';
      if (!isStopped && this.#jobId !== null)
        await this.#client.workspace.abort({ jobId: this.#jobId, reason: error.message }).catch(() => undefined);
      this.error = isStopped ? null : error;
      this.state = isStopped ? 'stopped' : 'failed';
    }
  }

  /** Nothing of the file stays. */
  stop(): void {
    if (this.state !== 'running' || this.#stopped) return;
    this.#stopped = true;
    if (this.#jobId !== null) void this.#cancel(this.#jobId);
  }

  async #cancel(id: string): Promise<void> {
    await this.#client.jobs.cancel({ id }).catch(() => undefined); // it has ended by itself
  }

  async #send(jobId: string): Promise<void> {
    const { size } = this.file;
    const inFlight: Promise<void>[] = [];
    for (let from = 0; from < size; from += WORKSPACE_PIECE_BYTES_MAX) {
      if (this.#stopped) throw new LabError('cancelled', 'Cancelled.');
      const piece = await this.#read(from, Math.min(size, from + WORKSPACE_PIECE_BYTES_MAX));
      if (inFlight.length >= PIECES_IN_FLIGHT_MAX) await inFlight.shift();
      const { length } = piece; // the port takes the bytes away
      const write = this.#client.workspace.write({ jobId, piece }).then(() => void (this.doneBytes += length));
      write.catch(() => undefined); // awaited in its turn; until then it is not unheard of
      inFlight.push(write);
    }
    for (const write of inFlight) await write;
  }

  async #read(from: number, to: number): Promise<Uint8Array> {
    try {
      const piece = new Uint8Array(await this.file.slice(from, to).arrayBuffer());
      if (piece.length === to - from) return piece;
    } catch (cause) {
      throw new LabError('file-unreadable', `${this.file.name} can no longer be read: it was changed, moved or deleted meanwhile.`, {
        cause,
      });
    }
    throw new LabError('file-unreadable', `${this.file.name} became shorter while it was read.`);
  }
}

/** `names`: what each of its kind is to be called here, by the names of the file. */
function nameProblem(
  kind: string,
  { name, problem }: { name: string; problem: string | null },
  names: Readonly<Record<string, string>>,
  taken: ReadonlySet<string>,
  oddityOf: (name: string) => string | null,
): string | null {
  const chosen = names[name] ?? name;
  if (chosen === name && problem !== null) return problem;
  const odd = oddityOf(chosen);
  if (odd !== null) return odd;
  if (taken.has(chosen)) return `There is already a ${kind} “${chosen}”. Choose another name.`;
  const others = Object.values(names).filter((other) => other === chosen).length;
  return others > 1 ? `Two ${kind}s would be called “${chosen}”. Choose another name for one of them.` : null;
}
