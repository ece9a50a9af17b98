import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Job } from '../../../main/api/jobs.ts';
import { createJobs, type JobHandle, type JobKeeps, type Jobs, RECORD_INTERVAL_MS } from '../../../main/jobs/jobs.ts';
import { openCatalog } from '../../../main/workspace/catalog.ts';
import { createJobRecords, type JobRecords, REJECTED_SAVED_AT_ONCE } from '../../../main/workspace/jobRecords.ts';
import { temporaryFolder } from '../openLab.ts';

let now = 0;
const begin = (jobs: Jobs, title = 'a job', keeps?: () => JobKeeps): JobHandle =>
  jobs.start({ kind: 'import', title, stream: 'orders', unit: 'bytes', total: 10, streamMade: false, message: 'Reading.' }, keeps);
/** The records of a real catalog; `again` opens them as the next engine does after this one has ended. */
function catalogOf(): { records: JobRecords; again: () => JobRecords } {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const open = (): JobRecords => {
    const catalog = openCatalog(path.join(folder, 'catalog.sqlite'));
    onTestFinished(() => void catalog.close());
    return createJobRecords(catalog);
  };
  return { records: open(), again: open };
}
const recorded = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, RECORD_INTERVAL_MS + 100));
const titles = (jobs: Jobs): string[] => jobs.all().map(({ title }) => title);

describe('jobs', () => {
  it('tell their progress and their end', () => {
    const jobs = createJobs(catalogOf().records, () => (now += 1));
    const { job, progress, end } = begin(jobs);
    progress({ done: 5, events: 2 });
    expect(jobs.all()).toEqual([expect.objectContaining({ id: job.id, state: 'running', done: 5, events: 2, endedAt: null })]);
    end('failed', 'No more.');
    end('done', 'All of it.');
    expect(jobs.all()).toEqual([expect.objectContaining({ state: 'failed', message: 'No more.', endedAt: job.startedAt + 1 })]);
  });

  it('are cancelled while they run, dismissed when they are over', () => {
    const jobs = createJobs(catalogOf().records, () => now);
    const handle = begin(jobs);
    const dismissed: string[] = [];
    jobs.onDismiss((id) => dismissed.push(id));
    const { id } = handle.job;
    const { signal } = new AbortController();
    const context = { signal, caller: signal };
    jobs.service.dismiss({ id }, context);
    expect(jobs.all()).toHaveLength(1);
    jobs.service.cancel({ id }, context);
    expect(handle.signal.aborted).toBe(true);
    handle.end('cancelled', 'Cancelled.');
    expect(() => jobs.service.cancel({ id }, context)).toThrow(expect.objectContaining({ code: 'job-over' }) as Error);
    jobs.service.dismiss({ id }, context);
    expect([jobs.all(), dismissed]).toEqual([[], [id]]);
    expect(() => jobs.service.dismiss({ id }, context)).toThrow(expect.objectContaining({ code: 'no-such-job' }) as Error);
  });

  it('run eight at once', () => {
    const jobs = createJobs(catalogOf().records, () => now);
    const handles = Array.from({ length: 8 }, () => begin(jobs));
    expect(() => begin(jobs)).toThrow(
      expect.objectContaining({
        code: 'too-many',
        retriable: true,
        message: 'At most 8 jobs run at once. Wait for one to end, or cancel one.',
      }) as Error,
    );
    handles[3]!.end('done', '');
    begin(jobs);
  });

  it('stay listed when they end, the twenty that ended last', () => {
    const jobs = createJobs(catalogOf().records, () => (now += 1));
    const long = begin(jobs, 'long');
    const running = begin(jobs, 'running');
    for (let n = 0; n < 25; n++) begin(jobs, `short ${n}`).end('done', '');
    // It began first and ended last: it is the news, not the past.
    long.end('done', 'At last.');
    expect(titles(jobs)).toEqual(['long', 'running', ...Array.from({ length: 19 }, (_, n) => `short ${n + 6}`)]);
    for (let n = 25; n < 30; n++) begin(jobs, `short ${n}`).end('done', '');
    expect(titles(jobs).slice(0, 3)).toEqual(['long', 'running', 'short 11']);
    running.end('done', '');
    expect(titles(jobs)).toContain('running');
    expect(jobs.all()).toHaveLength(20);
  });

  it('are watched: the newest state wins', async () => {
    const jobs = createJobs(catalogOf().records, () => now);
    const stop = new AbortController();
    const seen: Job[][] = [];
    const watching = (async () => {
      for await (const state of jobs.service.watch({}, { signal: stop.signal, caller: stop.signal })) {
        seen.push(state);
        if (state[0]?.state === 'done') stop.abort();
      }
    })();
    const { progress, end } = begin(jobs);
    for (let done = 0; done < 1_000; done++) progress({ done });
    end('done', 'Done.');
    await watching;
    expect(seen.length).toBeLessThan(5);
    expect(seen.at(-1)).toMatchObject([{ state: 'done', done: 999 }]);
  });
});

describe('jobs that ended with something to tell', () => {
  const lines = Array.from({ length: REJECTED_SAVED_AT_ONCE + 5 }, (_, at) => ({
    line: at + 1,
    reason: 'not JSON',
    text: `line ${at + 1}`,
  }));

  it('are listed again after a clean close as they ended, with their rejected lines, until they are dismissed', () => {
    const { records, again } = catalogOf();
    const jobs = createJobs(records, () => 1_000);
    const failed = begin(jobs, 'failed');
    failed.progress({ events: 3 });
    failed.end('failed', 'The disk is full. 3 events are in “orders”.');
    const partly = begin(jobs, 'partly', () => ({ resume: null, rejected: lines }));
    partly.progress({ events: 2, rejected: lines.length });
    partly.end('done', '2 events imported.');
    begin(jobs, 'well').end('done', 'All of it.');
    begin(jobs, 'stopped').end('cancelled', 'Cancelled.');
    jobs.close();

    const next = createJobs(again(), () => 9_000);
    expect(next.all()).toEqual([failed.job, partly.job]);
    expect(next.rejectedKept(partly.job.id)).toBe(lines.length);
    expect(next.rejectedLines(partly.job.id, 3, lines.length)).toEqual(lines.slice(3));
    const { signal } = new AbortController();
    for (const { id } of next.all()) next.service.dismiss({ id }, { signal, caller: signal });
    expect(createJobs(again(), () => 9_000).all()).toEqual([]);
  });

  it('are at most as many as ended jobs are listed', () => {
    const { records, again } = catalogOf();
    let at = 0;
    const jobs = createJobs(records, () => (at += 1));
    for (let n = 0; n < 25; n++) begin(jobs, `failed ${n}`).end('failed', 'No.');
    jobs.close();
    expect(titles(createJobs(again(), () => 100))).toEqual(Array.from({ length: 20 }, (_, n) => `failed ${n + 5}`));
  });
});

describe('jobs that can be gone on with', () => {
  const resume = { point: { fileName: 'f', fileBytes: 9, from: 5, check: { from: 0, to: 5 } }, standing: 'as the work writes it' };
  const rejected = ['a', 'b', 'c'].map((text, at) => ({ line: at + 1, reason: 'not JSON', text }));
  const again = { done: 5, events: 3, rejected: 1, message: 'On.', rejectedKept: 1 };

  it('say where, when they have ended before their time, and run again under their name', () => {
    const { records, again: reopen } = catalogOf();
    const jobs = createJobs(records, () => 1_000);
    const { job, end } = begin(jobs, 'half', () => ({ resume, rejected }));
    expect(job.goOn).toBeNull();
    expect(() => jobs.resumeOf(job.id)).toThrow('This job is still running.');
    end('failed', 'The broker is down.');
    expect(jobs.all()).toMatchObject([{ state: 'failed', goOn: resume.point }]);
    jobs.close();

    const next = createJobs(reopen(), () => 2_000);
    expect(next.resumeOf(job.id)).toEqual(resume);
    const handle = next.goOn(job.id, again, () => ({ resume: null, rejected: rejected.slice(0, 1) }));
    expect(next.all()).toEqual([{ ...job, state: 'running', goOn: null, endedAt: null, done: 5, events: 3, rejected: 1, message: 'On.' }]);
    expect(next.rejectedLines(job.id, 0, 10)).toEqual(rejected.slice(0, 1));
    handle.end('done', 'All of it.');
    expect(next.all()).toMatchObject([{ state: 'done', goOn: null }]);
    expect(() => next.goOn(job.id, again, () => ({ resume, rejected }))).toThrow('This job can not be gone on with.');
  });

  it('are not those that say nothing of where they stand', () => {
    const jobs = createJobs(catalogOf().records, () => 1_000);
    const { job, end } = begin(jobs);
    end('failed', 'No.');
    expect(job.goOn).toBeNull();
    expect(() => jobs.resumeOf(job.id)).toThrow('This job can not be gone on with. Start it again.');
  });
});

describe('jobs that the end of the lab cut off', () => {
  it('are listed as failed, with what was known to be in the log', async () => {
    const { records, again } = catalogOf();
    const jobs = createJobs(records, () => 1_000);
    const far = begin(jobs, 'far');
    far.progress({ done: 5, events: 1_234, rejected: 3 });
    const before = jobs.start({ kind: 'sample', title: 'before', stream: 's', unit: 'events', total: null, streamMade: true, message: '' });
    begin(jobs, 'ended').end('done', '');
    await recorded();
    // What comes later than the last record is not known to the next engine: it says less, never more.
    far.progress({ events: 2_000 });

    const next = createJobs(again(), () => 5_000);
    expect(next.all()).toEqual([
      {
        ...far.job,
        state: 'failed',
        done: 5,
        events: 1_234,
        rejected: 3,
        startedAt: 1_000,
        endedAt: 5_000,
        message:
          'The lab ended while it ran. At least 1,234 events are in “orders”; a few more may be. 3 lines were rejected. The rest of the file was not imported.',
      },
      expect.objectContaining({
        id: before.job.id,
        state: 'failed',
        streamMade: true,
        total: null,
        message: 'The lab ended while it ran. None of its events was known to be in “s” yet; a few may be. The rest was not loaded.',
      }),
    ]);
  });

  it('stay listed until they are dismissed, with the end they were found at', () => {
    const { records, again } = catalogOf();
    const { id } = begin(createJobs(records, () => 1_000)).job;
    createJobs(again(), () => 5_000);
    const later = createJobs(again(), () => 9_000);
    expect(later.all()).toMatchObject([{ id, state: 'failed', endedAt: 5_000 }]);
    const { signal } = new AbortController();
    expect(() => later.service.cancel({ id }, { signal, caller: signal })).toThrow(expect.objectContaining({ code: 'job-over' }) as Error);
    later.service.dismiss({ id }, { signal, caller: signal });
    expect(createJobs(again(), () => 9_000).all()).toEqual([]);
  });

  it('by a clean close are known to the last event', () => {
    const { records, again } = catalogOf();
    const jobs = createJobs(records, () => now);
    const handle = begin(jobs);
    handle.progress({ events: 7 });
    jobs.close();
    // Its appends fail when the brokers close: that it failed is for the next engine to say.
    handle.end('failed', 'Broker 1 is not up.');
    expect(createJobs(again(), () => now).all()).toMatchObject([{ state: 'failed', events: 7 }]);
  });

  it('are not those that had ended by themselves just before a clean close', () => {
    const { records, again } = catalogOf();
    const jobs = createJobs(records, () => now);
    const handle = begin(jobs);
    handle.progress({ events: 7 });
    handle.end('done', 'All of it.');
    jobs.close();
    expect(createJobs(again(), () => now).all()).toEqual([]);
  });

  it('are at most as many as ended jobs are listed', () => {
    const { records, again } = catalogOf();
    const nothing = { outcome: null, resume: null, rejected: [] };
    for (let n = 0; n < 25; n++)
      records.save({ ...begin(createJobs(catalogOf().records, () => n)).job, title: `cut ${n}`, startedAt: n }, nothing);
    expect(titles(createJobs(again(), () => 100)).length).toBe(20);
    expect(records.all()).toHaveLength(20);
  });

  it('do not end where the catalog can not be written', async () => {
    const { records } = catalogOf();
    let writes = 0;
    const full: JobRecords = {
      ...records,
      save(...saved) {
        if (++writes > 1) throw new Error('SQLITE_FULL');
        return records.save(...saved);
      },
    };
    const jobs = createJobs(full, () => now);
    const handle = begin(jobs);
    handle.progress({ events: 1 });
    await recorded();
    expect([writes, handle.job.state]).toEqual([2, 'running']);
    handle.end('done', '');
  });
});
