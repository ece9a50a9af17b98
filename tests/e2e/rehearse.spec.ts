/** The ways to the bench: a past range of a replay, a stream, a processor; each arrives as it was chosen, and nothing of it reaches a stream. */
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { eventsCounted } from './counted.ts';
import { expect, type Lab, root, test } from './lab.ts';
import { picture } from './pictures.ts';
import { choose, dialog, fromPalette, navigation, openLab, openStream } from './screens.ts';

const sample = (name: string): string => path.join(root, 'resources/processors', `${name}.ts`);
const column = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const position = (page: Page): Locator => page.getByRole('slider', { name: 'Position' });
const isOver = (page: Page, events: number): Promise<void> => expect(position(page)).toHaveAttribute('aria-valuemax', String(events));
const runs = (page: Page, name: string): Promise<void> => expect(column(page, name).getByText('in step')).toBeVisible();

async function withCarts(page: Page, lab: Lab, client: LabClient): Promise<void> {
  await client.samples.load({ id: 'nile-shop' });
  await expect.poll(async () => (await client.streams.list({}))[0]?.events).toBe(2318);
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) lab.loglab(['processors', 'deploy', sample(name)]);
  await openLab(page, lab);
}

const streamsOf = async (client: LabClient): Promise<[string, number][]> =>
  (await client.streams.list({})).map(({ name, events }) => [name, events]);

/** The events from half past nine on, before offset 700 of their shards, with keys that begin with 1. */
async function countChosen(client: LabClient): Promise<number> {
  let count = 0;
  for await (const { records } of client.events.read({ stream: 'raw-events', from: { at: 'beginning' }, until: { at: 'now' } }))
    count += records.filter(
      ({ offset, timestamp, key }) =>
        offset < 700n && timestamp >= BigInt(Date.UTC(2018, 9, 15, 9, 30)) && Buffer.from(key!).toString().startsWith('1'),
    ).length;
  return count;
}

test('a past range is replayed into a rehearsal: just these events, through these processors, and no stream is touched', async ({
  page,
  lab,
  client,
}) => {
  await withCarts(page, lab, client);
  await expect.poll(async () => (await client.processors.list({})).map((each) => each.in)).toEqual([2318, 2318]);
  // One goes by the clock on the wall: what it writes by itself is not to be taken for the rehearsal's.
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) await client.processors.pause({ name });
  const before = await eventsCounted(client);
  await openStream(page, 'raw-events');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await setUp.getByText('Into a rehearsal').click();
  await expect(setUp.getByRole('combobox', { name: 'Through' })).toBeHidden();
  const start = setUp.getByRole('button', { name: 'Start the rehearsal' });
  await choose(setUp, /^From/, 'Timestamp');
  await setUp.getByRole('textbox', { name: 'From time' }).fill('2018-10-15T09:30:00Z');
  await choose(setUp, /^Until/, 'Offset, in each shard');
  await setUp.getByRole('textbox', { name: 'Until offset' }).fill('700');
  await choose(setUp, /^Keys/, 'Beginning with');
  await setUp.getByRole('textbox', { name: 'Beginning of the keys' }).fill('1');
  const preview = setUp.getByRole('status', { name: 'Preview' });
  const chosen = await countChosen(client);
  expect(chosen).toBeGreaterThan(20);
  await expect(preview).toHaveText(new RegExp(`^${chosen} events of [\\d,]+$`));
  await expect(start, 'no processor is chosen').toBeDisabled();
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) await setUp.getByRole('checkbox', { name }).check();
  await picture(page, 'rehearse-dialog', '[role=rowgroup]');
  await start.click();
  await setUp.waitFor({ state: 'hidden' });

  await isOver(page, chosen);
  for (const name of ['abandoned-cart-v1 v1', 'abandoned-cart-v2 v1']) await runs(page, name);
  await expect(page.getByRole('main')).toContainText('until offset 700, keys 1…');
  await page.keyboard.press('End');
  await expect(column(page, 'abandoned-cart-v2 v1').getByRole('group', { name: 'So far' })).toContainText(`${chosen} in`);
  await picture(page, 'rehearse-bench', '[role=rowgroup]');
  expect(await streamsOf(client)).toEqual(before);

  // It comes back as it was set up, and the rest of the stream is one press away.
  await page.getByRole('button', { name: 'Set up anew' }).click();
  await expect(page.getByText('Of it only until offset 700, keys 1…')).toBeVisible();
  await picture(page, 'rehearse-set-up', '[role=rowgroup]');
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await isOver(page, chosen);
  await page.getByRole('button', { name: 'Set up anew' }).click();
  await page.getByRole('button', { name: 'All of it' }).click();
  await page.getByRole('textbox', { name: 'From' }).fill('');
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await isOver(page, 2318);
});

test('a processor that calls its input otherwise reads the stream that is replayed, also when it is changed on the bench', async ({
  page,
  lab,
  client,
}) => {
  await client.streams.create({ name: 'morning', shards: 1 });
  lab.loglab(['import', 'morning', path.join(root, 'resources/samples/nile-shop/events.ndjson'), '--format', 'records']);
  await client.samples.load({ id: 'nile-shop' });
  lab.loglab(['processors', 'deploy', sample('abandoned-cart-v2')]);
  await openLab(page, lab, '#/streams/morning');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const setUp = dialog(page, 'Replay');
  await setUp.getByText('Into a rehearsal').click();
  await expect(setUp).toContainText('reads raw-events, here morning');
  await setUp.getByRole('checkbox', { name: 'abandoned-cart-v2' }).check();
  await setUp.getByRole('button', { name: 'Start the rehearsal' }).click();
  await setUp.waitFor({ state: 'hidden' });
  await isOver(page, 2318);
  await runs(page, 'abandoned-cart-v2 v1');
  await page.keyboard.press('End');
  await expect(column(page, 'abandoned-cart-v2 v1').getByRole('group', { name: 'So far' })).toContainText('2,318 in');
});

test('from a stream and from a processor the bench is set up with what was chosen there', async ({ page, lab, client }) => {
  await withCarts(page, lab, client);
  await openStream(page, 'raw-events');
  await page.getByRole('main').getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Rehearse on the bench…' }).click();
  await expect(page.getByRole('combobox', { name: /^Stream/ })).toContainText('raw-events');
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) await expect(page.getByRole('checkbox', { name })).toBeChecked();
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await isOver(page, 2318);

  // Another wish takes the place of the rehearsal that is open.
  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await page.getByRole('article', { name: 'Processor abandoned-cart-v1' }).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Rehearse on the bench…' }).click();
  await expect(page.getByRole('combobox', { name: /^Stream/ })).toContainText('raw-events');
  await expect(page.getByRole('checkbox', { name: 'abandoned-cart-v1' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'abandoned-cart-v2' })).not.toBeChecked();
  await openStream(page, 'derived-events');
  await fromPalette(page, 'Rehearse on the bench');
  await expect(page.getByRole('combobox', { name: /^Stream/ })).toContainText('derived-events');
});
