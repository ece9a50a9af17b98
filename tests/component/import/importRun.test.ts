import { describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../main/api/errors.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { Job } from '../../../main/api/jobs.ts';
import { PIECE_BYTES_MAX, type ImportReport } from '../../../main/api/imports.ts';
import { ImportRun, PIECES_IN_FLIGHT_MAX } from '../../../renderer/src/features/import/importRuns.svelte.ts';
import { countsOf, isEnding, keptSentence } from '../../../renderer/src/features/import/runSentences.ts';

const rules = { format: 'lines', keyField: null, timeField: null } as const;

/** A lab that counts what it is sent; `answer` decides about each piece. */
function lab(answer: (piece: number) => Promise<void> = () => Promise.resolve()) {
  const seen = { sizes: [] as number[], inFlight: 0, mostInFlight: 0, aborted: [] as string[], cancelled: [] as string[], finished: 0 };
  const report = (): ImportReport => ({ imported: seen.sizes.length * 10, rejected: 0, rejectedKept: 0 });
  const client = {
    imports: {
      start: () => Promise.resolve({ jobId: 'j1', streamMade: true }),
      write: async ({ piece }: { piece: Uint8Array }) => {
        seen.mostInFlight = Math.max(seen.mostInFlight, ++seen.inFlight);
        try {
          await answer(seen.sizes.push(piece.length));
          return report();
        } finally {
          seen.inFlight--;
        }
      },
      finish: () => Promise.resolve((seen.finished++, report())),
      abort: ({ reason }: { reason: string }) => Promise.resolve(void seen.aborted.push(reason)),
    },
    jobs: { cancel: ({ id }: { id: string }) => Promise.resolve(void seen.cancelled.push(id)) },
  } as unknown as LabClient;
  return { client, seen };
}

const fileOf = (bytes: number) => new File([new Uint8Array(bytes)], 'orders.log');
const requestOf = (file: File) => ({ file, stream: 'orders', shards: 3, rules });
const start = (client: LabClient, file: File) => new ImportRun(client, requestOf(file));
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

describe('an import', () => {
  test('sends the file in pieces, in order, no more than the limit at once', async () => {
    const { client, seen } = lab(() => new Promise((resolve) => setTimeout(resolve, 50)));
    const whole = 2 * PIECES_IN_FLIGHT_MAX;
    const run = start(client, fileOf(whole * PIECE_BYTES_MAX + 5));
    await run.run(requestOf(run.request.file));
    expect(run.state).toBe('done');
    expect(seen.sizes).toEqual([...Array.from({ length: whole }, () => PIECE_BYTES_MAX), 5]);
    expect(seen.mostInFlight).toBe(PIECES_IN_FLIGHT_MAX);
    expect(run.doneBytes).toBe(whole * PIECE_BYTES_MAX + 5);
    expect(seen.finished).toBe(1);
  });

  test('a file that can no longer be read aborts the job and says so', async () => {
    const { client, seen } = lab();
    const file = fileOf(3 * PIECE_BYTES_MAX);
    const slice = file.slice.bind(file);
    vi.spyOn(file, 'slice').mockImplementation((from, to) => {
      const part = slice(from, to);
      if (from) part.arrayBuffer = () => Promise.reject(new DOMException('changed', 'NotReadableError'));
      return part;
    });
    const run = start(client, file);
    await run.run(requestOf(run.request.file));
    expect(run.state).toBe('failed');
    expect(run.error?.code).toBe('file-unreadable');
    expect(seen.aborted[0]).toContain('orders.log can no longer be read');
    expect(seen.finished).toBe(0);
  });

  test('a lost connection fails it, without asking who is not there, and tells what is in', async () => {
    const { client, seen } = lab((piece) => (piece === 3 ? Promise.reject(new LabError('disconnected', 'The lab went away.')) : pause()));
    const run = start(client, fileOf(4 * PIECE_BYTES_MAX));
    await run.run(requestOf(run.request.file));
    expect(run.state).toBe('failed');
    expect(seen.aborted).toEqual([]);
    expect(keptSentence(run, countsOf(run, undefined))).toMatch(/events of it were known to be in orders/);
  });

  test('cancelling stops the sending and is no error', async () => {
    const { client, seen } = lab(pause);
    const run = start(client, fileOf(50 * PIECE_BYTES_MAX));
    const ended = run.run(requestOf(run.request.file));
    await pause();
    await run.cancel();
    await ended;
    expect(run.state).toBe('cancelled');
    expect(run.error).toBeNull();
    expect(seen.cancelled).toEqual(['j1']);
    expect(seen.sizes.length).toBeLessThan(50);
  });

  test('what is kept is said when the job has ended, not before', async () => {
    const { client } = lab(pause);
    const run = start(client, fileOf(50 * PIECE_BYTES_MAX));
    const ended = run.run(requestOf(run.request.file));
    await pause();
    await run.cancel();
    await ended;
    const job = { id: 'j1', state: 'running', events: 20, rejected: 0 } as Job;
    expect(isEnding(run, job)).toBe(true);
    expect(isEnding(run, { ...job, state: 'cancelled', events: 40 })).toBe(false);
    expect(isEnding(run, undefined), 'of a job that the lab no longer lists nothing more will be heard').toBe(false);
    const whole = start(client, fileOf(10));
    await whole.run(requestOf(whole.request.file));
    expect(isEnding(whole, job)).toBe(false);
  });

  test('a job that was cancelled elsewhere is cancelled here', async () => {
    const { client } = lab(() => Promise.reject(new LabError('cancelled', 'Cancelled.')));
    const run = start(client, fileOf(10));
    await run.run(requestOf(run.request.file));
    expect(run.state).toBe('cancelled');
  });

  test('cancelled before the job has a number', async () => {
    const { client, seen } = lab();
    const run = start(client, fileOf(10));
    const ended = run.run(requestOf(run.request.file));
    await run.cancel();
    await ended;
    expect(run.state).toBe('cancelled');
    expect(seen.cancelled).toEqual(['j1']);
    expect(seen.sizes).toEqual([]);
  });
});
