/** Replays on screen: set up from where the reader stands, looked at before, paused, at another pace, killed in the middle, gone on with. */
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { connectTo, expect, startLab, test } from './lab.ts';
import { picture } from './pictures.ts';
import { record } from './records.ts';
import { choose, dialog, fromPalette, grid, navigation, openLab, openStream, row } from './screens.ts';

const replayOf = (page: Page, from: string, into: string): Locator => page.getByRole('article', { name: `Replay of ${from} into ${into}` });
const count = (client: LabClient, stream: string) => async () =>
  (await client.streams.list({})).find(({ name }) => name === stream)?.events ?? 0;

/** Events a second apart. */
async function past(client: LabClient, events: number): Promise<void> {
  await client.streams.create({ name: 'orders', shards: 3 });
  const records = Array.from({ length: events }, (_, n) => ({
    ...record({ key: `k${n % 5}`, value: JSON.stringify({ n }) }),
    timestamp: 1_539_600_000_000n + BigInt(n) * 1_000n,
  }));
  await client.produce.append({ stream: 'orders', records });
}

test('a range from where the reader stands goes into a new stream, looked at before, and is listed until it is dismissed', async ({
  page,
  lab,
  client,
}) => {
  await past(client, 300);
  await openLab(page, lab, '#/replays');
  await expect(page.getByText('No replays yet')).toBeVisible();
  await picture(page, 'replay-empty', '[role=rowgroup]');
  await openStream(page, 'orders');
  await page.getByRole('button', { name: 'Beginning' }).click();
  await row(grid(page), 11).click();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await expect(setUp.getByRole('textbox', { name: 'From time' })).toHaveValue('2018-10-15T10:40:10.000Z');
  await expect(setUp.getByRole('status', { name: 'Preview' })).toHaveText('290 events');
  await expect(setUp.getByRole('region', { name: 'First events' }).getByRole('row').nth(1)).toContainText('{"n":10}');
  await choose(setUp, /^Keys/, 'Only these');
  await setUp.getByRole('textbox', { name: 'Keys, a line each' }).fill('k1\nk2');
  await expect(setUp.getByRole('status', { name: 'Preview' })).toHaveText('116 events of 290');
  await picture(page, 'replay-dialog', '[role=rowgroup]');
  await expect(setUp.getByRole('textbox', { name: 'Into the stream' })).toHaveValue('orders-replay');
  await setUp.getByRole('button', { name: 'Start the replay' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Replays' })).toBeVisible();
  await expect(replayOf(page, 'orders', 'orders-replay')).toContainText('done');
  await expect(replayOf(page, 'orders', 'orders-replay')).toContainText('116 events sent');
  await expect(replayOf(page, 'orders', 'orders-replay')).toContainText('keys k1, k2');
  await expect.poll(count(client, 'orders-replay')).toBe(116);
  await navigation(page).getByRole('link', { name: 'Replays' }).click();
  await replayOf(page, 'orders', 'orders-replay').getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByText('No replays yet')).toBeVisible();
});

test('a stream that is there is written into only after that was said', async ({ page, lab, client }) => {
  await past(client, 50);
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await setUp.getByRole('textbox', { name: 'Into the stream' }).fill('orders');
  await expect(setUp).toContainText('“orders” is read and written: what is replayed stands in it twice.');
  const start = setUp.getByRole('button', { name: 'Start the replay' });
  await expect(start).toBeDisabled();
  await setUp.getByRole('checkbox', { name: 'Write behind the 50 events that “orders” has' }).check();
  await picture(page, 'replay-confirm', '[role=rowgroup]');
  await start.click();
  await expect.poll(count(client, 'orders')).toBe(100);
  await setUp.waitFor({ state: 'hidden' });
});

test('one at its own pace is paused, takes another pace, and goes on where it stood after its lab was killed', async ({ page, folder }) => {
  const workspace = path.join(folder, 'Killed lab');
  const lab = await startLab(workspace);
  const first = await connectTo(lab.url);
  await past(first.client, 400);
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await setUp.getByText('Faster or slower').click();
  // It would take longer than all that is done meanwhile.
  await setUp.getByRole('textbox', { name: 'Times as fast' }).fill('2');
  await setUp.getByRole('button', { name: 'Start the replay' }).click();
  const shown = replayOf(page, 'orders', 'orders-replay');
  await expect(shown).toContainText('running');
  await expect(shown).toContainText('2 times as fast');
  await expect(shown).toContainText(/\b[1-9]\d* events sent/);
  await picture(page, 'replay-running', '[role=rowgroup]');
  await shown.getByRole('button', { name: 'Pause' }).click();
  await expect(shown).toContainText('paused');
  const there = await count(first.client, 'orders-replay')();
  await fromPalette(page, 'Resume the replay of orders');
  await expect(shown).toContainText('running');
  await expect.poll(count(first.client, 'orders-replay')).toBeGreaterThan(there);
  first.close();
  await lab.kill();
  const again = await startLab(workspace, Number(new URL(lab.url).port));
  await openLab(page, again, '#/replays');
  await expect(shown).toContainText('running');
  await choose(shown, /^Pace/, 'as fast as it goes');
  await expect(shown).toContainText('400 events sent');
  await expect(shown).toContainText('done');
  const second = await connectTo(again.url);
  const { rows } = await second.client.events.window({ stream: 'orders-replay', from: 0, limit: 500 });
  expect(new Set(rows.map(({ value }) => value?.text)).size).toBe(400);
  expect(rows).toHaveLength(400);
  second.close();
  await again.stop();
});

test('one that waits over a long silence says for what and for how long, and goes on at a faster pace', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  const records = [0n, 3_600_000n].map((after) => ({ ...record({ key: null, value: 'x' }), timestamp: 1_539_600_000_000n + after }));
  await client.produce.append({ stream: 'orders', records });
  await client.replays.start({
    ...{ stream: 'orders', from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: 1, waitMsMax: null, through: null },
    ...{ timestamps: 'original', keepsHeaders: true, into: { stream: 'copy', shards: null }, intoExisting: false },
  });
  await openLab(page, lab, '#/replays');
  const shown = replayOf(page, 'orders', 'copy');
  await expect(shown).toContainText('1 event sent');
  await expect(shown).toContainText(/Waits for the next event, of 2018-10-15 1\d:40:00 \S+, which is due in (1 h|59 min( \d+ s)?), at /);
  await expect(shown).toContainText('Choose a faster pace to go on sooner.');
  // It counts down.
  await expect(shown).toContainText(/due in 59 min \d+ s/);
  await picture(page, 'replay-waits', '[role=rowgroup]');
  await choose(shown, /^Pace/, 'as fast as it goes');
  await expect(shown).toContainText('done');
  await expect(shown).not.toContainText('Waits for');
});

test('it goes through a processor on the way; what has failed says why', async ({ page, lab, client }) => {
  await past(client, 40);
  const source = `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['orders'], outputs: ['even'], onEvent(event, ctx) {
  const { n } = event.value;
  if (n % 2 === 1) return ctx.bad('odd');
  ctx.emit('even', { key: event.key, value: { n } });
} });
`;
  await client.processors.save({ name: 'halve', source });
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await choose(setUp, /^Through/, 'halve');
  await setUp.getByRole('textbox', { name: 'Into the stream' }).fill('evens');
  await expect(setUp).toContainText('Written are evens (new), bad (new).');
  await setUp.getByRole('button', { name: 'Start the replay' }).click();
  const shown = replayOf(page, 'orders', 'evens');
  await expect(shown).toContainText('20 events sent, 20 bad');
  await expect(shown).toContainText('done');

  await client.replays.start({
    ...{ stream: 'orders', from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: 1, waitMsMax: null, through: null },
    ...{ timestamps: 'original', keepsHeaders: true, into: { stream: 'gone', shards: null }, intoExisting: false },
  });
  const failing = replayOf(page, 'orders', 'gone');
  await failing.getByRole('button', { name: 'Pause' }).click();
  await client.streams.delete({ name: 'gone' });
  await failing.getByRole('button', { name: 'Resume' }).click();
  await expect(failing).toContainText('There is no stream “gone”.');
  await expect(failing).toContainText('failed');
  await picture(page, 'replay-failed', '[role=rowgroup]');
});

test('one of which nothing comes, and one whose events were trimmed meanwhile, say so; one that comes back is known before', async ({
  page,
  lab,
  client,
}) => {
  await past(client, 40);
  const defined = (outputs: string, body: string): string =>
    `export default { inputs: ['orders'], outputs: ['${outputs}'], onEvent(event, ctx) { ${body} } };`;
  await client.processors.save({ name: 'fails', source: defined('out', `throw new Error('never');`) });
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await choose(setUp, /^Through/, 'fails');
  await setUp.getByRole('textbox', { name: 'Into the stream' }).fill('nothing');
  await setUp.getByRole('button', { name: 'Start the replay' }).click();
  const shown = replayOf(page, 'orders', 'nothing');
  await expect(shown).toContainText('0 events sent, 40 bad');
  await expect(shown).toContainText('Nothing came of any event: all that were read are bad.');

  await client.streams.create({ name: 'large', shards: 1 });
  for (let from = 0; from < 200; from += 10) {
    const records = Array.from({ length: 10 }, (_, n) => ({
      ...record({ key: null, value: `${from + n} ${'x'.repeat(9_000)}` }),
      timestamp: 1_539_600_000_000n + BigInt(from + n) * 1_000n,
    }));
    await client.produce.append({ stream: 'large', records });
  }
  const { id } = await client.replays.start({
    ...{ stream: 'large', from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: 1, waitMsMax: null, through: null },
    ...{ timestamps: 'original', keepsHeaders: true, into: { stream: 'copy', shards: null }, intoExisting: false },
  });
  const large = async () => (await client.streams.list({})).find(({ name }) => name === 'large')!;
  const { settings } = await large();
  await client.streams.changeSettings({ name: 'large', settings: { ...settings, retentionBytes: 256 * 1024 } });
  await expect.poll(async () => Number((await large()).shards[0]!.startOffset)).toBeGreaterThan(150);
  await client.replays.setSpeed({ id, speed: null });
  const missing = replayOf(page, 'large', 'copy');
  await expect(missing).toContainText('done');
  await expect(missing).toContainText('Events were missed, in 1 range:');
  await expect(missing).toContainText('They were trimmed before they were read.');
  await picture(page, 'replay-missed', '[role=rowgroup]');
  await shown.getByRole('link', { name: 'The reasons' }).click();
  await expect(page.getByRole('list', { name: 'Groups of bad events' })).toContainText('never');

  // A processor that is deployed would bring it back: known before it begins, and it ends all the same.
  await client.streams.create({ name: 'again', shards: 1 });
  await client.processors.deploy({
    ...{
      name: 'back',
      source: defined('orders', `ctx.emit('orders', { value: 1 });`).replace(`['orders'], outputs`, `['again'], outputs`),
    },
    ...{ guarantee: null, start: null, anew: false },
  });
  await openStream(page, 'orders');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await setUp.getByRole('textbox', { name: 'Into the stream' }).fill('again');
  await expect(setUp).toContainText('What is replayed comes back: “back” reads “again” and writes “orders”.');
  await picture(page, 'replay-comes-back', '[role=rowgroup]');
});
