import { describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../main/api/errors.ts';
import type { EventWindow } from '../../../main/api/events.ts';
import { REQUESTS_MAX, RowCache } from '../../../renderer/src/features/stream/rowCache.svelte.ts';
import { CHUNK_ROWS, CHUNKS_MAX } from '../../../renderer/src/features/stream/rowChunks.ts';
import { row } from './rows.ts';

interface Asked {
  from: number | 'end';
  signal: AbortSignal;
  answer: () => void;
  fail: (error: LabError) => void;
}

/** A cache over a log of some rows; requests wait until the test answers them. */
function cacheOver(endRow: number, firstRow = 0): { cache: RowCache; asked: Asked[]; arrived: EventWindow[]; flush: () => Promise<void> } {
  const asked: Asked[] = [];
  const arrived: EventWindow[] = [];
  const load = (from: number | 'end', limit: number, signal: AbortSignal): Promise<EventWindow> =>
    new Promise((resolve, reject) => {
      const start = Math.max(firstRow, from === 'end' ? endRow - limit : from);
      const rows = Array.from({ length: Math.max(0, Math.min(limit, endRow - start)) }, (_, at) => row(start + at));
      signal.addEventListener('abort', () => reject(new LabError('cancelled', 'Cancelled.')));
      asked.push({ from, signal, answer: () => resolve({ firstRow, endRow, rows }), fail: reject });
    });
  const cache = new RowCache(load, (window) => arrived.push(window));
  let answered = 0;
  const flush = async (): Promise<void> => {
    while (answered < asked.length) {
      asked[answered++]!.answer();
      await settled();
    }
  };
  return { cache, asked, arrived, flush };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('asking', () => {
  test('for what is shown, by chunks, once each', async () => {
    const { cache, asked, flush } = cacheOver(10_000);
    cache.want(150, 320);
    cache.want(151, 321);
    expect(asked.map(({ from }) => from)).toEqual([100, 200, 300]);
    await flush();
    expect(cache.row(150)?.row).toBe(150);
    expect(cache.row(399)?.row).toBe(399);
    cache.want(150, 320);
    expect(asked).toHaveLength(3);
  });

  test('at most a few at a time, the rest as answers come', async () => {
    const { cache, asked, flush } = cacheOver(10_000);
    cache.want(0, 1000);
    expect(asked).toHaveLength(REQUESTS_MAX);
    await flush();
    expect(asked.map(({ from }) => from)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  test('what is scrolled far past is cancelled and makes room', async () => {
    const { cache, asked } = cacheOver(1_000_000);
    cache.want(0, 300);
    cache.want(500_000, 500_050);
    expect(asked.slice(0, 3).every(({ signal }) => signal.aborted)).toBe(true);
    await settled();
    expect(asked.at(-1)).toMatchObject({ from: 500_000 });
    expect(cache.failure).toBeNull();
  });

  test('what is close is kept', () => {
    const { cache, asked } = cacheOver(1_000_000);
    cache.want(0, 50);
    cache.want(120, 170);
    expect(asked[0]?.signal.aborted).toBe(false);
  });

  test('rows that have left the log are not asked for again and again', async () => {
    const { cache, asked, arrived, flush } = cacheOver(1000, 500);
    cache.want(0, 50);
    await flush();
    expect(asked).toHaveLength(1);
    expect(arrived[0]?.firstRow).toBe(500);
  });
});

describe('keeping', () => {
  test('at most so many chunks, the least recently shown leaving first', async () => {
    const { cache, flush } = cacheOver(1_000_000);
    for (let chunk = 0; chunk < CHUNKS_MAX + 20; chunk++) {
      cache.want(chunk * CHUNK_ROWS, chunk * CHUNK_ROWS + 10);
      await flush();
    }
    expect(cache.size).toBeLessThanOrEqual(CHUNKS_MAX);
    expect(cache.peek(0)).toBeUndefined();
    expect(cache.peek((CHUNKS_MAX + 19) * CHUNK_ROWS)).toBeDefined();
  });

  test('the newest rows fill their chunk only in part; the rest is asked for when shown', async () => {
    const { cache, asked, flush } = cacheOver(1050);
    void cache.tail(20);
    await flush();
    expect(cache.peek(1049)).toBeDefined();
    expect(cache.peek(1010)).toBeUndefined();
    cache.want(1005, 1050);
    expect(asked.at(-1)?.from).toBe(1000);
  });

  test('cleared, it forgets rows and requests', async () => {
    const { cache, asked, flush } = cacheOver(1000);
    cache.want(0, 50);
    cache.clear();
    await flush();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(cache.row(0)).toBeUndefined();
  });
});

describe('failing', () => {
  test('is said, keeps the rows, and is tried again until it works', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { cache, asked } = cacheOver(10_000);
      cache.want(0, 50);
      asked[0]!.answer();
      await vi.advanceTimersByTimeAsync(0);
      cache.want(200, 250);
      asked[1]!.fail(new LabError('broker-down', 'Broker 1 is down.'));
      await vi.advanceTimersByTimeAsync(0);
      expect(cache.failure?.code).toBe('broker-down');
      expect(cache.row(0)).toBeDefined();
      await vi.advanceTimersByTimeAsync(600);
      asked[2]!.answer();
      await vi.advanceTimersByTimeAsync(0);
      expect(cache.failure).toBeNull();
      expect(cache.row(200)).toBeDefined();
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not tried again where that can not help', async () => {
    const { cache, asked } = cacheOver(10_000);
    cache.want(0, 50);
    asked[0]!.fail(new LabError('no-such-stream', 'There is no stream “x”.'));
    await new Promise((resolve) => setTimeout(resolve, 650));
    expect(cache.failure?.code).toBe('no-such-stream');
    expect(asked).toHaveLength(1);
  });
});
