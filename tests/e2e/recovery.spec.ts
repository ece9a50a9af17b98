/** Crashes and restarts while the page looks on: it says what happened, comes back by itself, and nothing acknowledged is lost. */
import type { Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { connectTo, expect, startLab, test } from './lab.ts';
import { broker, crash, enginePid } from './processes.ts';
import { record, views } from './records.ts';
import { cell, connectionState, detail, grid, openLab, row, visibleRows } from './screens.ts';

const EVENTS = 2_000;

/** Shows the middle of a stream of 2,000 events, one of them in detail; answers the first visible row. */
async function standInTheMiddle(page: Page, client: LabClient): Promise<number> {
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: views(0, EVENTS) });
  await expect(page.getByRole('main')).toContainText('2,000');
  await page
    .getByRole('row', { name: /orders/ })
    .getByRole('link', { name: 'orders' })
    .click();
  await expect(row(grid(page), EVENTS)).toBeVisible();
  const { rows } = await client.events.window({ stream: 'orders', from: EVENTS / 2, limit: 1 });
  await page.getByRole('button', { name: 'Go to offset…' }).click();
  const asked = page.getByRole('dialog', { name: 'Go to offset' });
  await asked.getByRole('combobox').click();
  await page.getByRole('option', { name: String(rows[0]!.shard) }).click();
  await asked.getByRole('textbox', { name: 'Offset' }).fill(String(rows[0]!.offset));
  await page.keyboard.press('Enter');
  await row(grid(page), EVENTS / 2 + 1).click();
  await expect(detail(page)).toContainText(`${rows[0]!.shard} · ${rows[0]!.offset}`);
  return (await visibleRows(grid(page)))[0]!;
}

/** Appends one event after the other until told to stop; remembers what was acknowledged. Failures are tried again. */
function keepAppending(connect: () => Promise<LabClient>): { acknowledged: string[]; stop: () => Promise<void> } {
  const acknowledged: string[] = [];
  let stopped = false;
  const work = (async () => {
    let client = await connect();
    for (let n = 0; !stopped; n++) {
      const name = `during-${n}`;
      try {
        await client.produce.append({ stream: 'orders', records: [record({ key: name, value: `"${name}"` })] });
        acknowledged.push(name);
      } catch {
        client = await connect().catch(() => client);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  })();
  return {
    acknowledged,
    async stop() {
      stopped = true;
      await work;
    },
  };
}

async function keysOf(client: LabClient): Promise<string[]> {
  const keys: string[] = [];
  for await (const { records, gaps } of client.events.read({ stream: 'orders', from: { at: 'beginning' }, until: { at: 'now' } })) {
    expect(gaps).toEqual([]);
    keys.push(...records.map(({ key }) => Buffer.from(key!).toString()));
  }
  return keys;
}

/** All that these elements say from now on, however short they say it. */
async function rememberSaid(page: Page, selector: string): Promise<() => Promise<string>> {
  const handle = await page.evaluateHandle((of) => {
    const all = new Set<string>();
    const look = (): void => document.querySelectorAll(of).forEach((each) => all.add(each.textContent ?? ''));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    return all;
  }, selector);
  return () => handle.evaluate((all) => [...all].join('\n'));
}

test('a broker killed under way: the page says it, stands still, goes on, and every acknowledged event is there', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/streams');
  const stood = await standInTheMiddle(page, client);
  const producer = keepAppending(() => Promise.resolve(client));
  await expect.poll(() => producer.acknowledged.length).toBeGreaterThan(5);

  const before = await broker(client);
  // It is back so soon that the sentence may stand for a moment only: it is waited for before it can come.
  const said = page
    .getByText(/Broker 1 (is (down|starting)|had ended)/)
    .first()
    .waitFor();
  crash(before.pid!);
  await said;
  await expect(connectionState(page).getByRole('paragraph')).toHaveCount(0);
  await expect(page.getByRole('contentinfo')).toContainText('broker up');
  await expect.poll(() => broker(client)).toMatchObject({ state: 'up', restarts: before.restarts + 1 });
  expect((await broker(client)).pid).not.toBe(before.pid);

  const acknowledgedBefore = producer.acknowledged.length;
  await expect.poll(() => producer.acknowledged.length, 'appending goes on').toBeGreaterThan(acknowledgedBefore + 5);
  await producer.stop();
  const keys = new Set(await keysOf(client));
  expect(producer.acknowledged.filter((name) => !keys.has(name))).toEqual([]);
  expect((await visibleRows(grid(page)))[0]).toBe(stood);
  await expect(detail(page)).toBeVisible();
  await expect(page.getByRole('toolbar', { name: 'Position' })).toContainText(/Paused, [\d,]+ newer events/);
  await page.getByRole('button', { name: 'Play live' }).click();
  const { endRow } = await client.events.window({ stream: 'orders', from: 'end', limit: 1 });
  await expect(row(grid(page), endRow)).toBeVisible();
});

test('an engine killed under way: the page says it and connects again, and every acknowledged event is there', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/streams');
  const stood = await standInTheMiddle(page, client);
  const producer = keepAppending(async () => (await connectTo(lab.url)).client);
  await expect.poll(() => producer.acknowledged.length).toBeGreaterThan(5);
  const said = await rememberSaid(page, '[aria-label="State of the connection"], footer');
  crash(await enginePid(client));
  await expect.poll(said).toContain('The connection to the lab is lost.');
  await expect.poll(said).toContain('Not connected');
  expect((await visibleRows(grid(page)))[0], 'what was read stays readable').toBe(stood);
  await expect(connectionState(page).getByRole('paragraph')).toHaveCount(0);
  await expect(page.getByRole('contentinfo')).toContainText('broker up');

  const acknowledgedBefore = producer.acknowledged.length;
  await expect.poll(() => producer.acknowledged.length).toBeGreaterThan(acknowledgedBefore + 5);
  await producer.stop();
  const again = await connectTo(lab.url);
  const keys = new Set(await keysOf(again.client));
  expect(producer.acknowledged.filter((name) => !keys.has(name))).toEqual([]);
  expect((await visibleRows(grid(page)))[0]).toBe(stood);
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(cell(grid(page), 1, 5)).toHaveText('0');
  again.close();
});

test('a lab stopped and started again on its port: the page says what to do, and the new address leads on', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/streams');
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: views(0, 100) });
  await expect(page.getByRole('row', { name: /orders/ })).toContainText('100');
  await page.getByRole('link', { name: 'orders' }).first().click();
  await expect(row(grid(page), 100)).toBeVisible();

  await lab.stop();
  await expect(connectionState(page)).toContainText('The connection to the lab is lost.');
  const again = await startLab(lab.workspace, Number(new URL(lab.url).port));
  await expect(connectionState(page)).toContainText('The lab was started anew, and this page’s key no longer opens it.');
  await expect(connectionState(page)).toContainText('Open the address that the lab printed as it started');
  await openLab(page, again, '#/streams/orders');
  await expect(row(grid(page), 100)).toBeVisible();
  await page.reload();
  await expect(row(grid(page), 100), 'the cookie goes on without the token').toBeVisible();
  await again.stop();
});

test('an address without its token, or with a wrong one, is a page that says so', async ({ page, lab }) => {
  const { origin } = new URL(lab.url);
  const none = await page.goto(`${origin}/`);
  expect(none!.status()).toBe(401);
  await expect(page.getByText('This address needs the token that belongs to it.')).toBeVisible();
  await expect(page.getByText('Open the whole address that the lab printed when it started')).toBeVisible();
  const tampered = await page.goto(`${lab.url.slice(0, -4)}AAAA`);
  expect(tampered!.status()).toBe(401);
  await expect(page.getByText('This token is not the running lab’s. Each start of the lab makes a new one.')).toBeVisible();
  await openLab(page, lab);
  await expect(page.getByRole('heading', { name: 'Begin with a log' })).toBeVisible();
});
