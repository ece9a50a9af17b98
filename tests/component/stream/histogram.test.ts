/** The histogram above the rows: what someone sees, selects and zooms, by keys and pointer. */
import axe from 'axe-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { Histogram } from '../../../main/api/histogram.ts';
import App from '../../../renderer/src/App.svelte';
import { barPaths, bucketTotals } from '../../../renderer/src/features/stream/histogramBars.ts';
import { histogramKey } from '../../../renderer/src/features/stream/histogramKeys.ts';
import { timeAxis } from '../../../renderer/src/features/stream/timeAxis.ts';
import { LogLab } from './logLab.ts';

let lab: LogLab;
const time = page.getByRole('slider', { name: 'Time', exact: true });
const histogram = page.getByRole('region', { name: 'Events by time' });
const beside = (): number => document.querySelectorAll('[role=grid] .row.beside').length;

async function open(events: number): Promise<void> {
  lab = new LogLab(events);
  render(App, { connectWith: lab.connect });
  await expect.element(page.getByRole('heading', { name: 'raw-events' })).toBeVisible();
}

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
});

test('arrows walk the buckets, with Shift they select; the grid goes there, rows beside it are dimmed, Escape clears', async () => {
  await open(3_000);
  await expect.element(histogram.getByText('60 in 1 min')).toBeVisible();
  (time.element() as HTMLElement).focus();
  await userEvent.keyboard('{Home}{ArrowRight}{ArrowRight}');
  await expect.element(time).toHaveAttribute('aria-valuetext', '09:02:00 to 09:03:00, 60 events');
  expect(beside()).toBe(0);
  await userEvent.keyboard('{Shift>}{ArrowRight}{/Shift}');
  await expect.element(histogram.getByText('120 events')).toBeVisible();
  await expect.element(page.getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '121');
  await userEvent.keyboard('{Home}{Enter}');
  await expect.element(page.getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '1');
  await expect.poll(beside).toBe(0);
  await userEvent.keyboard('{End}{Enter}');
  await expect.poll(beside).toBeGreaterThan(0);
  const { violations } = await axe.run(document.body);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
  await userEvent.keyboard('{Escape}');
  await expect.poll(beside).toBe(0);
});

test('a drag selects; zooming asks for that range, and there is a way back', async () => {
  await open(3_000);
  await expect.element(histogram.getByText('60 in 1 min')).toBeVisible();
  const { left, width, top } = time.element().getBoundingClientRect();
  const at = (part: number) => ({ clientX: left + width * part, clientY: top + 10, button: 0, pointerId: 1, bubbles: true });
  const chart = time.element() as HTMLElement;
  chart.setPointerCapture = () => {}; // there is no such pointer
  chart.dispatchEvent(new PointerEvent('pointerdown', at(0.201)));
  chart.dispatchEvent(new PointerEvent('pointermove', at(0.3)));
  chart.dispatchEvent(new PointerEvent('pointermove', at(0.399)));
  chart.dispatchEvent(new PointerEvent('pointerup', at(0.399)));
  await expect.element(histogram.getByText('600 events')).toBeVisible();
  await expect.element(page.getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '601');
  await histogram.getByRole('button', { name: 'Zoom in' }).click();
  const nine = BigInt(Date.UTC(2018, 9, 15, 9));
  await expect.poll(() => lab.counted.at(-1)).toEqual({ by: 'range', from: nine + 600_000n, to: nine + 1_200_000n });
  await expect.element(time).toHaveAttribute('aria-valuemax', '9');
  await histogram.getByRole('button', { name: 'Clear' }).click();
  await expect.element(histogram.getByText('600 earlier, 1,800 later')).toBeVisible();
  await histogram.getByRole('button', { name: 'Back' }).click();
  await expect.poll(() => lab.counted.at(-1)).toEqual({ by: 'usual' });
});

test('grows with the stream, and says so where nothing is to be counted', async () => {
  await open(0);
  await expect.element(histogram.getByText('No events to count yet')).toBeVisible();
  await expect.element(time).toHaveAttribute('aria-disabled', 'true');
  lab.append(120);
  await expect.element(time).toHaveAttribute('aria-valuemax', '1');
  lab.append(120);
  await expect.element(time).toHaveAttribute('aria-valuemax', '3');
});

test('how high the highest bar is stands beside the bars, not over them, also of a large stream', async () => {
  await open(3_000);
  const counted = lab.counts.bind(lab);
  lab.counts = (range, buckets) => {
    const few = counted(range, buckets);
    return { ...few, spread: 1, shards: few.shards.map(({ shard, counts }) => ({ shard, counts: counts.map((count) => count * 20_000) })) };
  };
  lab.append(1);
  const label = histogram.getByText('about 1,200,000 in 1 min');
  await expect.element(label).toBeVisible();
  const text = document.createRange();
  text.selectNodeContents(label.element());
  const { right } = text.getBoundingClientRect();
  expect(right).toBeLessThanOrEqual(time.element().getBoundingClientRect().left);
});

describe('bars', () => {
  const counted: Histogram = {
    ...{ from: 0n, to: 30n, bucketMs: 10n, before: 0, after: 0, timeless: 0, spread: 0 },
    shards: [
      { shard: 1, counts: [1, 0, 2] },
      { shard: 0, counts: [3, 0, 2] },
    ],
  };
  test('stand on each other by shard, and tell what is selected apart', () => {
    expect(bucketTotals(counted)).toEqual([4, 0, 4]);
    const paths = barPaths(counted, 300, 40, { from: 20n, to: 30n });
    expect(paths.map(({ key }) => key)).toEqual(['0 in', '0 out', '1 in', '1 out']);
    expect(paths[1]!.d).toBe('M0.00 10.00h99.00v30.00h-99.00z');
    expect(paths[3]!.d).toBe('M0.00 0.00h99.00v10.00h-99.00z');
  });
  test('of many shards have one colour', () => {
    const many = { ...counted, shards: Array.from({ length: 9 }, (_, shard) => ({ shard, counts: [1, 0, 1] })) };
    expect(barPaths(many, 300, 40, null).map(({ key, colour }) => [key, colour])).toEqual([['all in', 'var(--accent)']]);
  });
});

describe('the axis', () => {
  const ticks = (from: string, to: string, pixels = 400): string[] =>
    timeAxis(BigInt(Date.parse(from)), BigInt(Date.parse(to)), pixels, 'utc').ticks.map(({ label }) => label);
  test('has times that people read', () => {
    expect(ticks('2018-10-15T09:03:00Z', '2018-10-15T11:00:00Z')).toEqual(['09:30', '10:00', '10:30']);
    expect(ticks('2018-10-15T22:30:00Z', '2018-10-16T01:30:00Z')).toEqual(['23:00', '2018-10-16', '01:00']);
    expect(ticks('2018-10-15T09:00:00Z', '2018-10-15T09:00:01Z')).toEqual(['09:00:00.000', '09:00:00.500']);
    expect(ticks('2018-01-15T00:00:00Z', '2018-12-15T00:00:00Z')).toEqual(['2018-04', '2018-07', '2018-10']);
    expect(ticks('0690-01-15T00:00:00Z', '+010010-01-01T00:00:00Z')).toEqual(['2000', '4000', '6000', '8000', '+10000']);
    expect(ticks('-000760-01-01T00:00:00Z', '0050-01-01T00:00:00Z')).toEqual(['−0600', '−0400', '−0200', '0000']);
  });
  test('ends where JavaScript’s dates end', () => {
    expect(timeAxis(-(2n ** 63n), 2n ** 63n - 1n, 400, 'utc').ticks.length).toBeLessThan(10);
  });
});

describe('keys', () => {
  const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
  test('stay within the buckets, and leave alone what is not theirs', () => {
    const place = { at: 4, anchor: 4, buckets: 5 };
    expect(histogramKey({ ...plain, key: 'ArrowRight' }, place)).toEqual({ at: 4, anchor: 4, select: false });
    expect(histogramKey({ ...plain, key: 'PageDown', shiftKey: true }, place)).toEqual({ at: 0, anchor: 4, select: true });
    expect(histogramKey({ ...plain, key: 'ArrowLeft' }, { ...place, at: null, anchor: null })).toEqual({ at: 4, anchor: 4, select: false });
    expect(histogramKey({ ...plain, key: '+', ctrlKey: true }, place)).toBeNull();
    expect(histogramKey({ ...plain, key: 'Tab' }, place)).toBeNull();
  });
});
