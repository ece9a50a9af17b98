/** Files of workspaces for tests: made by a lab, taken in by one. */
import type { LabClient } from '../../../../main/api/index.ts';
import { WORKSPACE_PIECE_BYTES_MAX, type WorkspaceFileReport } from '../../../../main/api/workspace.ts';

export interface Exported {
  file: Buffer;
  report: WorkspaceFileReport;
  jobId: string;
}

/** `meanwhile` is called after each piece. */
export async function exported(client: LabClient, meanwhile: (pieces: number) => Promise<void> = async () => {}): Promise<Exported> {
  const pieces: Uint8Array[] = [];
  let found: { jobId?: string; report?: WorkspaceFileReport } = {};
  for await (const item of client.workspace.export({})) {
    if (item.kind === 'begun') found = { jobId: item.jobId };
    if (item.kind === 'done') found = { ...found, report: item.report };
    if (item.kind === 'piece') {
      pieces.push(item.piece);
      await meanwhile(pieces.length);
    }
  }
  return { file: Buffer.concat(pieces), report: found.report!, jobId: found.jobId! };
}

export interface ImportChoice {
  names?: Record<string, string>;
  processorNames?: Record<string, string>;
  withSettings?: boolean;
  pieceBytes?: number;
}

export async function begin(client: LabClient, choice: ImportChoice = {}): Promise<string> {
  const { names = {}, processorNames = {}, withSettings = false } = choice;
  return (await client.workspace.startImport({ file: { name: 'a.loglab', bytes: null }, names, processorNames, withSettings })).jobId;
}

export async function imported(client: LabClient, file: Uint8Array, choice: ImportChoice = {}): Promise<WorkspaceFileReport> {
  const { pieceBytes = WORKSPACE_PIECE_BYTES_MAX } = choice;
  const jobId = await begin(client, choice);
  for (let at = 0; at < file.length; at += pieceBytes) await client.workspace.write({ jobId, piece: file.slice(at, at + pieceBytes) });
  return client.workspace.finish({ jobId });
}
