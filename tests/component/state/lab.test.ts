import { afterEach, expect, test, vi } from 'vitest';
import { LabState } from '../../../renderer/src/state/lab.svelte.ts';
import { placeOf, streamPath } from '../../../renderer/src/state/route.svelte.ts';
import { FakeLab, streamSummary } from '../fakeLab.ts';

let state: LabState | null = null;
afterEach(() => state?.close());

test('calls made without a connection reject with `disconnected`; live state comes back with it', async () => {
  const lab = new FakeLab();
  lab.reachable = false;
  const page = (state = new LabState(lab.connect));
  await expect(page.client.streams.list({})).rejects.toMatchObject({ code: 'disconnected', retriable: true });
  await expect(page.client.jobs.watch({})[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'disconnected' });
  await vi.waitFor(() => expect(page.connection).toBe('lost'));
  lab.streams.set([streamSummary('raw-events', [1])]);
  lab.reachable = true;
  page.retryNow();
  await vi.waitFor(() => expect(page.streams.map((stream) => stream.name)).toEqual(['raw-events']));
  expect(page.connection).toBe('up');
  await expect(page.client.streams.list({})).resolves.toHaveLength(1);
});

test('of notices about one thing the newest stays; a failure goes with the next success', async () => {
  const page = (state = new LabState(new FakeLab().connect));
  const said = () => page.notices.list.map(({ message }) => (typeof message === 'string' ? message : message.message));
  page.notify('A broker is up.');
  page.notify('The key is copied.', { about: 'copy' });
  page.notify('The value is copied.', { about: 'copy' });
  expect(said()).toEqual(['A broker is up.', 'The value is copied.']);
  await page.attempt(() => Promise.reject(new Error('No such offset.')), { about: 'go to' });
  expect(said()).toHaveLength(3);
  await page.attempt(() => Promise.resolve(1), { about: 'go to' });
  expect(said()).toEqual(['A broker is up.', 'The value is copied.']);
});

test('addresses', () => {
  expect(placeOf('')).toEqual({ screen: 'home' });
  expect(placeOf('#/streams/raw-events')).toEqual({ screen: 'stream', name: 'raw-events', event: null });
  const event = { shard: 2, offset: 9_007_199_254_740_993n };
  expect(placeOf(streamPath('raw-events', event))).toEqual({ screen: 'stream', name: 'raw-events', event });
  expect(placeOf('#/streams/raw-events?shard=x')).toEqual({ screen: 'stream', name: 'raw-events', event: null });
  expect(placeOf('#/settings')).toEqual({ screen: 'settings' });
  expect(placeOf('#/shop')).toEqual({ screen: 'shop' });
  expect(placeOf('#/streams/a/b').screen).toBe('unknown');
  expect(placeOf('#/streams/%zz')).toEqual({ screen: 'stream', name: '%zz', event: null });
});
