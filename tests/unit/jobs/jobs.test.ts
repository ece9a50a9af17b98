import { describe, expect, it } from 'vitest';
import type { Job } from '../../../main/api/jobs.ts';
import { createJobs, type JobHandle, type Jobs } from '../../../main/jobs/jobs.ts';

let now = 0;
const begin = (jobs: Jobs, title = 'a job'): JobHandle =>
  jobs.start({ kind: 'import', title, stream: 'orders', unit: 'bytes', total: 10, streamMade: false, message: 'Reading.' });
const titles = (jobs: Jobs): string[] => jobs.all().map(({ title }) => title);

describe('jobs', () => {
  it('tell their progress and their end', () => {
    const jobs = createJobs(() => (now += 1));
    const { job, progress, end } = begin(jobs);
    progress({ done: 5, events: 2 });
    expect(jobs.all()).toEqual([expect.objectContaining({ id: job.id, state: 'running', done: 5, events: 2, endedAt: null })]);
    end('failed', 'No more.');
    end('done', 'All of it.');
    expect(jobs.all()).toEqual([expect.objectContaining({ state: 'failed', message: 'No more.', endedAt: job.startedAt + 1 })]);
  });

  it('are cancelled while they run, dismissed when they are over', () => {
    const jobs = createJobs(() => now);
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
    const jobs = createJobs(() => now);
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
    const jobs = createJobs(() => (now += 1));
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
    const jobs = createJobs(() => now);
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
