/** In which order a broker tells of the requests that it remembers. */
import { expect, test } from 'vitest';
import { REQUESTS_AT_ONCE_MAX, REQUESTS_KEPT_MAX } from '../../../../main/api/clients.ts';
import type { RequestNews } from '../../../../main/cluster/kafkaContract.ts';
import { createRecorder, type Recorder } from '../../../../main/endpoints/kafka/recorder.ts';

const record = (recorder: Recorder): ((times: number) => void) => {
  const client = recorder.connected('127.0.0.1:4000');
  return (times) => {
    for (; times > 0; times--) {
      client.answered({ api: 'Produce', version: 9, request: null, bytesIn: 1, at: 1, durationMs: 1, response: null, bytesOut: 1 });
    }
  };
};
const numbersOf = ({ requests }: RequestNews): number[] => requests.map(({ id }) => Number(id.split('-')[1]));
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

test('the newest first, then what comes, and beside it the older ones backwards', async () => {
  const recorder = createRecorder(1, () => 1);
  const ask = record(recorder);
  const all = 2 * REQUESTS_AT_ONCE_MAX + 50;
  ask(all);
  const news = recorder.watchRequests(new AbortController().signal)[Symbol.asyncIterator]();
  const next = async (): Promise<RequestNews> => (await news.next()).value as RequestNews;
  const first = await next();
  expect(numbersOf(first)).toEqual(numbers(all - REQUESTS_AT_ONCE_MAX, all));
  ask(10);
  expect(numbersOf(await next())).toEqual([...numbers(60, 250), ...numbers(all, all + 10)]);
  expect(await next().then(numbersOf)).toEqual(numbers(0, 60));
  ask(1);
  expect(await next()).toMatchObject({ requests: [{ id: `1-${all + 10}` }], missed: 0 });
  await news.return?.();
});

test('what was forgotten before it could be told of is counted, once', async () => {
  const recorder = createRecorder(1, () => 1);
  const ask = record(recorder);
  ask(REQUESTS_KEPT_MAX + 500);
  const news = recorder.watchRequests(new AbortController().signal)[Symbol.asyncIterator]();
  let told = ((await news.next()).value as RequestNews).requests.length;
  // As many more as it remembers: those that were left are gone, and of the new ones the first.
  ask(REQUESTS_KEPT_MAX + 30);
  let missed = 0;
  while (told + missed < 2 * REQUESTS_KEPT_MAX + 30) {
    const item = (await news.next()).value as RequestNews;
    told += item.requests.length;
    missed += item.missed;
  }
  expect({ told, missed }).toEqual({
    told: REQUESTS_AT_ONCE_MAX + REQUESTS_KEPT_MAX,
    missed: REQUESTS_KEPT_MAX - REQUESTS_AT_ONCE_MAX + 30,
  });
  await news.return?.();
});
