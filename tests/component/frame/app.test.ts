/** The frame as a whole, with the features in it: what someone sees and does, by names and keys. */
import axe from 'axe-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { Job } from '../../../main/api/jobs.ts';
import App from '../../../renderer/src/App.svelte';
import { JOB_DONE_SHOWN_MS } from '../../../renderer/src/features/frame/jobsTray.svelte.ts';
import { dialogs } from '../../../renderer/src/state/dialogs.svelte.ts';
import { preferences } from '../../../renderer/src/state/preferences.svelte.ts';
import { FakeLab, streamSummary } from '../fakeLab.ts';

let lab: FakeLab;
const shop = streamSummary('raw-events', [700, 800, 818]);
const open = () => render(App, { connectWith: lab.connect });
const link = (name: string) => page.getByRole('navigation', { name: 'Lab' }).getByRole('link', { name, exact: true });

beforeEach(() => {
  lab = new FakeLab();
  location.hash = '#/streams';
});
afterEach(() => {
  dialogs.close();
  preferences.theme = 'light';
});

async function axeClean(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { 'page-has-heading-one': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

test('makes a stream by keyboard, from the palette, and names what is wrong with a name as it is typed', async () => {
  open();
  await expect.element(page.getByText('No streams yet')).toBeVisible();
  await userEvent.keyboard('{Control>}k{/Control}');
  await userEvent.keyboard('newstr{Enter}');
  const dialog = page.getByRole('dialog', { name: 'New stream' });
  await expect.element(dialog.getByLabelText('Name')).toHaveFocus();
  await userEvent.keyboard('my events');
  await expect.element(dialog.getByText(/“ ” is none of them/)).toBeVisible();
  await axeClean();
  await dialog.getByLabelText('Name').fill('inn-events');
  await dialog.getByLabelText('Shards').fill('1');
  await userEvent.keyboard('{Enter}');
  await expect.element(link('inn-events')).toBeVisible();
  expect(location.hash).toBe('#/streams/inn-events');
});

test('the sample shop is opened from the screen of the streams, empty or not', async () => {
  open();
  await expect.element(page.getByRole('main').getByRole('button', { name: 'Open the sample shop' })).toBeVisible();
  lab.streams.set([streamSummary('orders', [1])]);
  await page.getByRole('main').getByRole('button', { name: 'More' }).click();
  await expect.element(page.getByRole('menuitem', { name: 'Open the sample shop' })).toBeVisible();
});

test('a stream with events is deleted only by its name, typed', async () => {
  lab.streams.set([shop]);
  open();
  await page.getByRole('button', { name: 'Actions on raw-events' }).click();
  await page.getByRole('menuitem', { name: 'Delete stream…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete stream' });
  await expect.element(dialog.getByText(/its 2,318 events/)).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Delete stream' })).toBeDisabled();
  await userEvent.keyboard('raw-events{Enter}');
  await expect.element(page.getByText('No streams yet')).toBeVisible();
  expect(lab.deleted).toEqual(['raw-events']);
});

test('counts move as the log grows, and each stream is a link by its name alone', async () => {
  lab.streams.set([shop]);
  open();
  await expect.element(link('raw-events')).toBeVisible();
  lab.streams.set([streamSummary('raw-events', [701, 800, 818])]);
  await expect.element(page.getByRole('navigation', { name: 'Lab' }).getByText('2,319')).toBeVisible();
});

test('says that the connection is lost, keeps what is shown, and comes back by itself', async () => {
  lab.streams.set([shop]);
  open();
  await expect.element(link('raw-events')).toBeVisible();
  lab.reachable = false;
  lab.cut();
  await expect.element(page.getByText('The connection to the lab is lost.')).toBeVisible();
  await expect.element(link('raw-events')).toBeVisible();
  await expect.element(page.getByRole('navigation').getByRole('button', { name: 'New stream' })).toBeDisabled();
  lab.streams.set([shop, streamSummary('bad-events', [12])]);
  lab.reachable = true;
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect.element(link('bad-events')).toBeVisible();
  await expect.element(page.getByText('The connection to the lab is lost.')).not.toBeInTheDocument();
});

test('a broker that is down is said, with what it means', async () => {
  open();
  await expect.element(page.getByText('broker up')).toBeVisible();
  lab.status.set({
    ...lab.status.value,
    brokers: [{ id: 1, state: 'down', pid: null, restarts: 1, message: 'It ended unasked.', file: 'broker-1.sqlite' }],
  });
  await expect.element(page.getByText('Broker 1 is down.')).toBeVisible();
});

test('a broker that was back before anyone saw it down is said all the same, once for each time', async () => {
  const broker = (restarts: number, state: 'up' | 'down' = 'up') =>
    lab.status.set({ ...lab.status.value, brokers: [{ id: 1, state, pid: 1, restarts, message: null, file: 'broker-1.sqlite' }] });
  const said = page.getByText('Broker 1 had ended and was started again. No acknowledged event is lost.');
  broker(2);
  open();
  await expect.element(page.getByText('broker up')).toBeVisible();
  await expect.element(said).not.toBeInTheDocument();
  broker(3);
  await expect.element(said).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  lab.status.set({ ...lab.status.value, eventsPerSecond: 7 });
  await expect.element(page.getByRole('contentinfo').getByText('7', { exact: true })).toBeVisible();
  await expect.element(said).not.toBeInTheDocument();
  // What is not up again can not be said to be.
  broker(4, 'down');
  await expect.element(page.getByText('Broker 1 is down.')).toBeVisible();
  await expect.element(said).not.toBeInTheDocument();
  broker(4);
  await expect.element(said).toBeVisible();
});

test('a cancelled import says what was kept and offers to delete the stream that it made', async () => {
  lab.streams.set([shop]);
  const job = {
    id: 'j1',
    kind: 'import',
    title: 'Import shop.ndjson into raw-events',
    stream: 'raw-events',
    unit: 'bytes',
    total: 1000,
    events: 2318,
    streamMade: true,
    goOn: null,
    startedAt: 0,
  } as const;
  lab.jobs.set([{ ...job, state: 'running', done: 400, rejected: 0, endedAt: null, message: '' }]);
  open();
  await expect.element(page.getByRole('progressbar', { name: job.title })).toHaveAttribute('aria-valuenow', '40');
  lab.jobs.set([
    { ...job, state: 'cancelled', done: 400, rejected: 3, endedAt: 1, message: 'Cancelled. 2,318 events were imported and are kept.' },
  ]);
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect.element(jobs.getByText(/are kept/)).toBeVisible();
  await expect.element(jobs.getByRole('button', { name: 'Show rejected lines' })).toBeVisible();
  await jobs.getByRole('button', { name: 'Delete stream' }).click();
  await expect.element(page.getByRole('dialog', { name: 'Delete stream' })).toBeVisible();
});

test('a job that went well leaves by itself; one with rejected lines stays, and leads to them', async () => {
  const job = (id: string, state: Job['state'], rejected: number): Job => ({
    id,
    kind: 'import',
    title: `Import ${id}.ndjson into raw-events`,
    stream: 'raw-events',
    state,
    unit: 'bytes',
    done: 400,
    total: 400,
    events: 40,
    rejected,
    streamMade: false,
    goOn: null,
    startedAt: 0,
    endedAt: state === 'running' ? null : 1,
    message: `${id} has ended.`,
  });
  lab.streams.set([shop]);
  lab.jobs.set([job('old', 'done', 0), job('good', 'running', 0), job('bad', 'running', 2)]);
  open();
  // A pointer that an earlier test left over the jobs would hold them.
  await page.getByRole('heading', { name: 'Streams' }).hover();
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect.element(jobs.getByText('Import good.ndjson into raw-events')).toBeVisible();
  expect(jobs.element().textContent, 'what had ended before is no news').not.toContain('old.ndjson');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  lab.jobs.set([job('good', 'done', 0), job('bad', 'done', 2)]);
  await vi.waitFor(() => expect(jobs.element().textContent).toContain('good has ended.'), { interval: 10 });
  vi.advanceTimersByTime(JOB_DONE_SHOWN_MS - 1);
  expect(jobs.element().textContent).toContain('good has ended.');
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  await expect.element(jobs.getByText('good has ended.')).not.toBeInTheDocument();
  await expect.element(page.getByRole('contentinfo').getByRole('button', { name: '1 ended job' })).toBeVisible();
  await jobs.getByRole('button', { name: 'Show rejected lines' }).click();
  await expect.element(page.getByRole('dialog', { name: 'Rejected lines' })).toBeVisible();
});

test('a job that failed before the page was opened is shown to it', async () => {
  const job: Job = {
    ...{ id: 'j1', kind: 'import', title: 'Import shop.ndjson into raw-events', stream: 'raw-events', unit: 'bytes', done: 1, total: 2 },
    ...{
      state: 'failed',
      events: 1,
      rejected: 0,
      streamMade: false,
      goOn: null,
      startedAt: 0,
      endedAt: 1,
      message: 'The lab ended while it ran.',
    },
  };
  lab.streams.set([shop]);
  lab.jobs.set([{ ...job, id: 'j0', state: 'cancelled', message: 'Cancelled.' }, job]);
  open();
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect.element(jobs.getByText('The lab ended while it ran.')).toBeVisible();
  await jobs.getByRole('button', { name: 'Hide' }).click();
  await expect.element(jobs).not.toBeInTheDocument();
  await page.getByRole('contentinfo').getByRole('button', { name: '2 ended jobs' }).click();
  await expect.element(jobs.getByText('The lab ended while it ran.')).toBeVisible();
  await jobs.getByRole('button', { name: 'Dismiss all' }).click();
  await expect.element(jobs).not.toBeInTheDocument();
  expect(lab.jobs.value).toEqual([]);
});

test('many jobs take little of the screen', async () => {
  lab.streams.set([shop]);
  open();
  await expect.element(link('raw-events')).toBeVisible();
  const job = (number: number): Job => ({
    ...{ id: `j${number}`, kind: 'import', title: `Import ${number}.ndjson into raw-events`, stream: 'raw-events', unit: 'bytes', done: 1 },
    ...{
      total: 1,
      state: 'failed',
      events: 1,
      rejected: 0,
      streamMade: false,
      goOn: null,
      startedAt: 0,
      endedAt: 1,
      message: 'It has ended.',
    },
  });
  lab.jobs.set(Array.from({ length: 12 }, (_, number) => job(number)));
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect.element(jobs).toBeVisible();
  expect(jobs.element().getBoundingClientRect().height).toBeLessThan(130);
});

test('the jobs cover nothing of the screen', async () => {
  lab.streams.set([shop]);
  open();
  await expect.element(link('raw-events')).toBeVisible();
  const main = (): DOMRect => page.getByRole('main').element().getBoundingClientRect();
  const before = main().bottom;
  lab.jobs.set([
    {
      ...{ id: 'j1', kind: 'import', title: 'Import shop.ndjson into raw-events', stream: 'raw-events', state: 'running', unit: 'bytes' },
      ...{ done: 1, total: 2, events: 1, rejected: 0, streamMade: false, goOn: null, startedAt: 0, endedAt: null, message: '' },
    } as Job,
  ]);
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect.element(jobs).toBeVisible();
  expect(main().bottom).toBeLessThan(before);
  expect(jobs.element().getBoundingClientRect().top).toBeGreaterThanOrEqual(main().bottom);
});

test('with fifty streams the rest of the navigation stays in sight', async () => {
  lab.streams.set(Array.from({ length: 50 }, (_, n) => streamSummary(`stream-${n}`, [n])));
  open();
  await expect.element(link('stream-49')).toBeInTheDocument();
  const bottom = window.innerHeight;
  for (const name of ['Streams', 'Lessons', 'Settings']) {
    const box = link(name).element().getBoundingClientRect();
    expect(box.top >= 0 && box.bottom <= bottom, name).toBe(true);
  }
  const list = document.querySelector('nav .streams')!;
  expect(list.scrollHeight).toBeGreaterThan(list.clientHeight);
  location.hash = '#/streams/stream-49';
  const inSight = (): boolean => link('stream-49').element().getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom;
  await expect.poll(inSight).toBe(true);
});

test('the table of streams fits a narrow window: what can be had elsewhere gives way', async () => {
  await page.viewport(800, 700);
  lab.streams.set([shop, streamSummary('a-stream-with-quite-a-long-name', [12, 1_234_567])]);
  open();
  await expect.element(page.getByText('Events/s', { exact: true })).toBeVisible();
  const rows = document.querySelector('table[aria-label=Streams]')!.parentElement!;
  expect(rows.scrollWidth).toBeLessThanOrEqual(rows.clientWidth);
  await expect.element(page.getByText('Made', { exact: true })).not.toBeVisible();
  await page.viewport(1280, 800);
  await expect.element(page.getByText('Made', { exact: true })).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'New stream' }).click();
  await expect.element(page.getByRole('dialog', { name: 'New stream' })).toBeVisible();
});

test('a lesson stands beside the work and ticks what the lab sees', async () => {
  lab.lessons = [
    {
      id: 'one',
      title: 'One log',
      streams: [],
      processors: [],
      steps: [
        { title: 'A stream', markdown: 'Make **it**. <b id="raw">x</b>', checks: ['There is a stream.'] },
        { title: 'Two', markdown: 'Read.', checks: [] },
      ],
    },
  ];
  lab.lesson.set({ id: 'one', step: 0, checks: [false], done: [] });
  open();
  const panel = page.getByRole('complementary', { name: 'Lesson' });
  await expect.element(panel.getByRole('heading', { name: 'A stream' })).toBeVisible();
  await expect.element(panel.getByLabelText('Not yet:')).toBeVisible();
  expect(document.querySelector('#raw')).toBeNull();
  lab.lesson.set({ id: 'one', step: 0, checks: [true], done: [0] });
  await expect.element(panel.getByLabelText('Seen:')).toBeVisible();
  await axeClean();
  await panel.getByRole('button', { name: 'Next' }).click();
  await expect.element(panel.getByRole('heading', { name: 'Two' })).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  for (const screen of ['#/', '#/streams', '#/settings', '#/lessons', '#/nowhere']) {
    test(`${screen} is clean for axe, ${theme}`, async () => {
      preferences.theme = theme;
      location.hash = screen;
      lab.lessons = [{ id: 'one', title: 'One log', streams: [], processors: [], steps: [] }];
      if (screen !== '#/') lab.streams.set([shop, streamSummary('bad-events', [12])]);
      open();
      await expect.element(page.getByText('broker up')).toBeVisible();
      await axeClean();
    });
  }
}
