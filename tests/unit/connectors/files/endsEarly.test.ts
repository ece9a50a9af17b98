import { describe, expect, it } from 'vitest';
import type { LabError } from '../../../../main/api/errors.ts';
import { jobWhen } from '../../openLab.ts';
import { client, ended, endOf, importWhole, lab, ndjson, numbered, start, useLab, write } from './importing.ts';

useLab();

/** The number of events that a message says are in the log. */
const said = (message: string): number => Number(/([\d,]+) events? (?:is|are) in/.exec(message)![1]!.replaceAll(',', ''));

describe('an import that ends early', () => {
  it('cancelled, says exactly what is in the log', async () => {
    for (const afterMs of [0, 5, 12, 25]) {
      const stream = `cancelled-${afterMs}`;
      const jobId = await start(stream, ndjson, 3);
      const writes: Promise<unknown>[] = [];
      for (let part = 0; part < 4; part++)
        writes.push(write(jobId, numbered(7_000, 100, part * 7_000)).catch((error: LabError) => error.code));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await client.jobs.cancel({ id: jobId });
      const job = await ended(jobId);
      await Promise.all(writes);
      const inLog = await endOf(stream);
      expect(job.state).toBe('cancelled');
      expect(job.message).toBe(
        `Cancelled. ${inLog.toLocaleString('en')} ${inLog === 1 ? 'event is' : 'events are'} in “${stream}”. The rest of the file was not imported.`,
      );
      expect(job.events).toBe(inLog);
      await expect(write(jobId, 'x')).rejects.toMatchObject({ code: 'cancelled' });
      await expect(client.imports.finish({ jobId })).rejects.toMatchObject({ code: 'cancelled' });
      await expect(client.jobs.cancel({ id: jobId })).rejects.toMatchObject({ code: 'job-over' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await endOf(stream)).toBe(inLog);
    }
  });

  it('cancelled between two of many small pieces, appends nothing more', async () => {
    const jobId = await start('small-pieces');
    const writes = Array.from({ length: 200 }, (_, n) => write(jobId, `{"n":${n}}\n`).catch((error: LabError) => error.code));
    // The first piece has been read then, and is about to be appended.
    await new Promise((resolve) => setImmediate(resolve));
    await client.jobs.cancel({ id: jobId });
    const job = await ended(jobId);
    await Promise.all(writes);
    // An append that was begun too late would be in by then.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await endOf('small-pieces')).toBe(job.events);
    expect(job.events).toBeLessThan(200);
  });

  it('cancelled just as it finishes, counts what that appended or appends nothing', async () => {
    for (let round = 0; round < 10; round++) {
      const stream = `at-the-end-${round}`;
      const jobId = await start(stream);
      await write(jobId, '{"n":1}\n{"n":2}');
      const finishing = client.imports.finish({ jobId }).catch((error: LabError) => error.code);
      const cancelling = client.jobs.cancel({ id: jobId }).catch((error: LabError) => error.code);
      await Promise.all([finishing, cancelling]);
      const job = await ended(jobId);
      expect(job.events).toBe(await endOf(stream));
    }
  });

  it('given up by its sender, says why and what is in the log', async () => {
    const jobId = await start('aborted');
    await write(jobId, '{"n":1}\n{"n":2}\n{"half":');
    await client.imports.abort({ jobId, reason: 'orders.ndjson can not be read any more.' });
    expect(await ended(jobId)).toMatchObject({
      state: 'failed',
      message: 'orders.ndjson can not be read any more. 2 events are in “aborted”. The rest of the file was not imported.',
    });
    await expect(write(jobId, 'x')).rejects.toMatchObject({ code: 'job-over' });
    await expect(client.imports.abort({ jobId: 'never', reason: '' })).rejects.toMatchObject({ code: 'no-such-job' });
  });

  it('whose page goes away, fails with what is in', async () => {
    const { client: other, peer } = lab.page();
    const { jobId } = await other.imports.start({ stream: 'gone', shards: 1, rules: ndjson, file: { name: 'f', bytes: null } });
    const writes = [0, 1, 2].map((part) =>
      other.imports.write({ jobId, piece: numbered(7_000, 100, part * 7_000) }).catch((error: LabError) => error.code),
    );
    setTimeout(() => peer.close(), 10);
    const job = await ended(jobId);
    await Promise.all(writes);
    expect(job).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/^The page or program that sent the file went away\. /) as string,
    });
    expect(said(job.message)).toBe(await endOf('gone'));
  });

  it('whose broker is killed, fails with counts that are true', async () => {
    const jobId = await start('killed');
    const failures: string[] = [];
    const sending = (async () => {
      for (let part = 0; failures.length === 0; part++)
        await write(jobId, numbered(5_000, 150, part * 5_000)).catch((error: LabError) => failures.push(error.code));
    })();
    await jobWhen(client, jobId, ({ events }) => events > 10_000);
    await lab.killBroker();
    const job = await ended(jobId);
    await sending;
    expect(job).toMatchObject({ state: 'failed', message: expect.stringMatching(/^Broker 1 /) as string });
    await lab.brokerUp();
    const inLog = await endOf('killed');
    const unsure = Number((/up to ([\d,]+) more/.exec(job.message)?.[1] ?? '0').replaceAll(',', ''));
    expect(inLog).toBeGreaterThanOrEqual(said(job.message));
    expect(inLog).toBeLessThanOrEqual(said(job.message) + unsure);
    expect(failures).toEqual(['job-over']);
    // The lab lives on.
    expect(await importWhole('after', ['{"a":1}'])).toMatchObject({ imported: 1 });
  });

  it('whose stream is deleted, fails', async () => {
    const jobId = await start('deleted');
    await write(jobId, '{"n":1}\n');
    await client.streams.delete({ name: 'deleted' });
    await expect(write(jobId, '{"n":2}\n')).rejects.toMatchObject({ code: 'job-over' });
    expect(await ended(jobId)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('There is no stream “deleted”.') as string,
    });
  });
});
