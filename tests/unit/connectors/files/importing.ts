/** What tests of imports do alike: a lab, files sent piece by piece, and what is in the log then. */
import { afterAll, beforeAll } from 'vitest';
import type { ImportReport, ImportRules } from '../../../../main/api/imports.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { Job } from '../../../../main/api/jobs.ts';
import { bytes, isOver, jobWhen, openLab, readWhole, temporaryFolder, text, type TestLab } from '../../openLab.ts';

export const NOW = 1_700_000_000_000;
export const ndjson: ImportRules = { format: 'ndjson', keyField: null, timeField: null };
export const lines: ImportRules = { format: 'lines', keyField: null, timeField: null };

export let lab: TestLab;
export let client: LabClient;

/** One lab for all tests of a file. */
export function useLab(): void {
  const temporary = temporaryFolder();
  beforeAll(async () => {
    lab = await openLab(temporary.folder, { now: () => NOW });
    ({ client } = lab);
  });
  afterAll(async () => {
    await lab.close();
    temporary.remove();
  });
}

export const start = async (stream: string, rules = ndjson, shards: number | null = 1): Promise<string> =>
  (await client.imports.start({ stream, shards, rules, file: { name: 'file', bytes: null } })).jobId;
export const write = (jobId: string, piece: string | Uint8Array): Promise<ImportReport> =>
  client.imports.write({ jobId, piece: typeof piece === 'string' ? bytes(piece) : piece });
export const values = async (stream: string): Promise<string[]> =>
  (await readWhole(client, stream)).records.map(({ value }) => text(value)!);
export const endOf = async (stream: string): Promise<number> => (await client.events.window({ stream, from: 0, limit: 1 })).endRow;
export const ended = (id: string): Promise<Job> => jobWhen(client, id, isOver);

export async function importWhole(stream: string, pieces: (string | Uint8Array)[], rules = ndjson): Promise<ImportReport> {
  const jobId = await start(stream, rules);
  for (const piece of pieces) await write(jobId, piece);
  return client.imports.finish({ jobId });
}

/** Numbered lines of about `size` bytes. */
export const numbered = (count: number, size = 100, first = 0): Uint8Array =>
  bytes(Array.from({ length: count }, (_, n) => `${JSON.stringify({ n: first + n, fill: 'x'.repeat(size) })}\n`).join(''));
