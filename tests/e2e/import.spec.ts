/** Imports: by dialog, by drop and by command; what can not become an event is told, and nothing is imported in silence. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { connectTo, root, expect, type Lab, test } from './lab.ts';
import { crash, enginePid } from './processes.ts';
import { choose, connectionState, dialog, grid, jobs, openLab, openStream, row } from './screens.ts';

const importing = (page: Page): Locator => dialog(page, 'Import');
const fileInput = (page: Page): Locator => importing(page).locator('input[type=file]');
const preview = (page: Page): Locator => importing(page).getByRole('region', { name: 'First events' });
const summary = (page: Page): Locator => importing(page).getByRole('status');

const good = Array.from({ length: 50 }, (_, n) =>
  JSON.stringify({ order: n, shopper: { id: String(n % 7) }, at: `2018-10-15T10:00:${String(n).padStart(2, '0')}Z` }),
);
/** Fifty good lines and five bad ones, at lines 2, 4, 6, 8 and 57. */
const mixed: (string | Buffer)[] = [
  good[0]!,
  '{"order": ',
  good[1]!,
  '{"order":1,"shopper":{"id":"1"},"at":"yesterday"}',
  good[2]!,
  Buffer.from([0x7b, 0xff, 0x7d]),
  '',
  '{"order":2,"shopper":{"id":"2"}}',
  ...good.slice(3),
  '',
  'not JSON at all',
];

function write(folder: string, name: string, lines: (string | Buffer)[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
  return file;
}

async function openImport(page: Page, lab: Lab, file: string, place = ''): Promise<void> {
  await openLab(page, lab, place);
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Import/ })
    .click();
  await fileInput(page).setInputFiles(file);
}

test('NDJSON by the dialog: guesses and preview, then events by key and time, and the rejected lines with reasons', async ({
  page,
  lab,
  folder,
}) => {
  const file = write(folder, 'My orders (2018).ndjson', mixed);
  await openImport(page, lab, file);
  await expect(importing(page).getByRole('textbox', { name: 'Name' })).toHaveValue('My-orders-2018');
  await expect(importing(page).getByRole('combobox', { name: /^Key field/ })).toContainText('shopper.id');
  await expect(importing(page).getByRole('combobox', { name: /^Time field/ })).toContainText('at');
  await expect(preview(page).getByRole('row').nth(1)).toContainText('2018-10-15 10:00:00.000');
  await expect(preview(page).getByRole('row').nth(2)).toContainText('rejected');
  await expect(preview(page)).toContainText('not valid UTF-8');

  await choose(importing(page), /^Key field/, 'No key');
  await expect(preview(page).getByRole('columnheader')).toHaveText(['Line', 'Timestamp', 'Value']);
  await choose(importing(page), /^Key field/, /^shopper\.id/);
  await importing(page).getByRole('spinbutton', { name: 'Shards' }).fill('2');
  await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
  await expect(summary(page)).toContainText(/Imported\s*50/);
  await expect(summary(page)).toContainText(/Rejected\s*5/);

  await importing(page).getByRole('button', { name: 'Show rejected lines' }).click();
  const rejected = dialog(page, 'Rejected lines');
  await expect(rejected).toContainText('5 lines are not in the stream.');
  const listed = rejected.getByRole('region', { name: 'Rejected lines' }).getByRole('row');
  await expect(listed).toHaveText([
    /Line/,
    /^2.*not JSON/,
    /^4.*“at” is no time: "yesterday"/,
    /^6.*not valid UTF-8.*\\xff/,
    /^8.*“at” is missing/,
    /^57.*not JSON/,
  ]);
  const download = page.waitForEvent('download');
  await rejected.getByRole('button', { name: 'Download' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('My-orders-2018-rejected.ndjson');
  const lines = readFileSync(await saved.path(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; reason: string; text: string });
  expect(lines.map(({ line }) => line)).toEqual([2, 4, 6, 8, 57]);
  expect(lines.map(({ text }) => text)).toEqual(['{"order": ', mixed[3], '{\\xff}', mixed[7], 'not JSON at all']);
  await rejected.getByRole('button', { name: 'Close' }).last().click();

  await openStream(page, 'My-orders-2018');
  await expect(page.getByRole('main')).toContainText('2 shards, 50 events');
  const events = lab
    .loglab(['consume', 'My-orders-2018', '--until', 'now', '--json'])
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; value: string; timestamp: string });
  expect(events.map(({ value }) => value).sort()).toEqual([...good].sort());
  for (const { key, value, timestamp } of events) {
    const { shopper, at } = JSON.parse(value) as { shopper: { id: string }; at: string };
    expect(key).toBe(shopper.id);
    expect(timestamp).toBe(at.replace('Z', '.000Z'));
  }
});

test('the command imports a file to the same events and the same rejected lines as the page', async ({ page, lab, client, folder }) => {
  const file = write(folder, 'orders.ndjson', mixed);
  await openImport(page, lab, file);
  await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
  await expect(summary(page)).toContainText(/Imported\s*50/);
  const args = [
    'import',
    'by-command',
    file,
    '--format',
    'ndjson',
    '--key-field',
    'shopper.id',
    '--time-field',
    'at',
    '--shards',
    '3',
    '--json',
  ];
  let failure: { status: number; stdout: string; stderr: string } | undefined;
  try {
    lab.loglab(args);
  } catch (error) {
    failure = error as typeof failure;
  }
  expect(failure!.status, 'lines were rejected').toBe(1);
  expect(failure!.stderr.trimEnd().split('\n')).toHaveLength(1);
  const told = failure!.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(told.at(-1)).toMatchObject({ imported: 50, rejected: 5 });
  expect(told.slice(0, -1).map((line) => (line as { line: number }).line)).toEqual([2, 4, 6, 8, 57]);

  const events = (stream: string): string[] =>
    lab
      .loglab(['consume', stream, '--until', 'now', '--json'])
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(`"stream":"${stream}"`, '"stream":""'))
      .sort();
  await expect.poll(async () => (await client.streams.list({})).find(({ name }) => name === 'orders')!.events).toBe(50);
  expect(events('by-command')).toEqual(events('orders'));
});

test('a file dropped on a stream goes into it; plain lines become values as they are', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'words', shards: 1 });
  await openLab(page, lab, '#/streams/words');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
  await drop(page, 'words.txt', 'first line\n\n  indented\r\nüber\nlast, without an end');
  await expect(importing(page).getByRole('radio', { name: 'Existing stream' })).toBeChecked();
  await expect(importing(page).getByRole('combobox', { name: /^Stream/ })).toContainText('words');
  await expect(importing(page).getByRole('radio', { name: 'Lines' })).toBeChecked();
  await expect(preview(page).getByRole('row')).toHaveCount(6);
  await page.keyboard.press('Control+Enter');
  await expect(summary(page)).toContainText(/Imported\s*5/);
  await importing(page).getByRole('button', { name: 'Open stream' }).click();
  await expect(row(grid(page), 5)).toContainText('last, without an end');
  const values = lab
    .loglab(['consume', 'words', '--until', 'now', '--json'])
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: string }).value);
  expect(values).toEqual(['first line', '', '  indented', 'über', 'last, without an end']);
});

/** As a user drops a file on the window. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const made = new DataTransfer();
      made.items.add(new File([content], fileName));
      return made;
    },
    [name, text] as const,
  );
  const target = page.getByRole('main');
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop the file to import it')).toBeVisible();
  await target.dispatchEvent('dragover', { dataTransfer: transfer });
  await target.dispatchEvent('drop', { dataTransfer: transfer });
  await expect(page.getByText('Drop the file to import it')).toBeHidden();
}

test('an empty file, one of bad lines alone, and a name that is taken are said before anything is kept', async ({
  page,
  lab,
  client,
  folder,
}) => {
  await client.streams.create({ name: 'orders', shards: 2 });
  await openImport(page, lab, write(folder, 'orders.ndjson', good));
  await expect(importing(page).getByRole('textbox', { name: 'Name' }), 'a free name is suggested').toHaveValue('orders-2');
  await importing(page).getByRole('textbox', { name: 'Name' }).fill('orders');
  await expect(importing(page)).toContainText('A stream of this name exists.');
  await expect(importing(page).getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await importing(page).getByRole('button', { name: 'Import into the existing orders' }).click();
  await expect(importing(page)).toContainText('2 shards, 0 events so far. The new ones are appended.');

  await importing(page).getByRole('button', { name: 'Other file' }).click();
  const empty = path.join(folder, 'empty.ndjson');
  writeFileSync(empty, '');
  await fileInput(page).setInputFiles(empty);
  await expect(importing(page).getByRole('alert')).toContainText('empty.ndjson is empty: it has no line to import.');
  await expect(importing(page).getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await page.keyboard.press('Escape');
  expect((await client.streams.list({})).map(({ name, events }) => [name, events])).toEqual([['orders', 0]]);
  expect(() =>
    execFileSync(
      process.execPath,
      [path.join(root, 'dist/main/loglab.js'), 'import', 'orders', path.join(folder, 'nowhere.ndjson'), '--url', lab.url],
      { stdio: 'pipe' },
    ),
  ).toThrow(/There is no file .*nowhere\.ndjson\. Look at its name and its folder\./);
});

test.describe('a big file', () => {
  const BIG_BYTES = 110_000_000;

  /** Lines of 1,000 bytes. */
  function writeBig(folder: string): string {
    const file = path.join(folder, 'big.ndjson');
    const handle = openSync(file, 'w');
    for (let from = 0; from < BIG_BYTES / 1_000; from += 10_000) {
      const lines = Array.from({ length: 10_000 }, (_, at) => `${`{"n":${from + at},"text":"`.padEnd(997, 'x')}"}\n`);
      writeSync(handle, lines.join(''));
    }
    closeSync(handle);
    return file;
  }

  /** Starts the import and waits until some of it is in. */
  async function startBig(page: Page, lab: Lab, folder: string): Promise<void> {
    await openImport(page, lab, writeBig(folder));
    await expect(preview(page)).toBeVisible();
    await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
    await expect(importing(page).getByText(/[1-9][\d,]* events? imported/)).toBeVisible();
  }

  test('stopped in the middle says what is in, and offers to undo', async ({ page, lab, client, folder }) => {
    await startBig(page, lab, folder);
    await importing(page).getByRole('button', { name: 'Stop the import' }).click();
    await expect(summary(page)).toContainText('Stopped.');
    await expect.poll(async () => (await jobList(client))[0]!.state).toBe('cancelled');
    const { events } = (await jobList(client))[0]!;
    // What a broker has is counted a moment later.
    await expect.poll(async () => (await client.streams.list({}))[0]!.events).toBe(events);
    expect(events).toBeGreaterThan(0);
    expect(events).toBeLessThan(BIG_BYTES / 1_000);
    const said = events.toLocaleString('en');
    await expect(summary(page)).toContainText(`${said} events of it are in big and stay there. The rest of big.ndjson was not imported.`);
    await expect(jobs(page)).toContainText(`${said} events are in “big”. The rest of the file was not imported.`);

    await expect(summary(page)).toContainText('The import made the stream big. Deleting it undoes the import.');
    await importing(page).getByRole('button', { name: 'Delete the stream' }).click();
    await dialog(page, 'Delete stream').getByRole('textbox').fill('big');
    await page.keyboard.press('Enter');
    await expect(page.getByText('The stream “big” is deleted.')).toBeVisible();
    expect(await client.streams.list({})).toEqual([]);
  });

  const LINES = BIG_BYTES / 1_000;
  /** For the rest of the file, milliseconds. */
  const REST_MS = 400_000;

  async function expectWhole(client: LabClient): Promise<void> {
    expect((await client.events.window({ stream: 'big', from: 0, limit: 1 })).endRow).toBe(LINES);
    expect(await jobList(client)).toMatchObject([{ state: 'done', events: LINES, done: BIG_BYTES, goOn: null }]);
  }

  test('stopped in the middle goes on where it stood, at a click', async ({ page, lab, client, folder }) => {
    await startBig(page, lab, folder);
    await importing(page).getByRole('button', { name: 'Stop the import' }).click();
    await expect(summary(page)).toContainText('Stopped.');
    const { events } = (await jobList(client))[0]!;
    await importing(page).getByRole('button', { name: 'Go on' }).click();
    await expect(importing(page).getByRole('progressbar')).toBeVisible();
    await expect(summary(page)).toContainText('Every line of the file is in the log.', { timeout: REST_MS });
    expect(events).toBeLessThan(LINES);
    await expectWhole(client);
  });

  test('cut off by a crash of the lab goes on with the same file, and with no other', async ({ page, lab, client, folder }) => {
    await startBig(page, lab, folder);
    await expect.poll(async () => (await jobList(client))[0]!.events).toBeGreaterThan(0);
    crash(await enginePid(client));
    await expect(importing(page)).toContainText('When the connection was lost');
    await expect(connectionState(page).getByRole('paragraph')).toHaveCount(0);
    await expect(jobs(page)).toContainText('The lab ended while it ran.');
    // The page itself is made anew: it has the file no more.
    await page.reload();
    const goOn = jobs(page).getByRole('button', { name: 'Go on…' });
    await expect(goOn).toBeVisible();
    const other = path.join(folder, 'other.ndjson');
    writeFileSync(other, '{"n":1}');
    await pick(page, goOn, other);
    await expect(page.getByText(/^other\.ndjson has 7 bytes; the file of this import, big\.ndjson, had 110,000,000 bytes\./)).toBeVisible();
    await pick(page, goOn, path.join(folder, 'big.ndjson'));
    await expect(jobs(page).getByRole('progressbar')).toBeVisible();
    const again = await connectTo(lab.url);
    await expect.poll(async () => (await jobList(again.client))[0]!.state, { timeout: REST_MS }).toBe('done');
    await expectWhole(again.client);
    again.close();
  });

  test('left by its page ends, and says so with true counts when the page is back', async ({ page, lab, client, folder, context }) => {
    await startBig(page, lab, folder);
    await page.close({ runBeforeUnload: false });
    await expect.poll(async () => (await jobList(client))[0]!.state).toBe('failed');
    const [job] = await jobList(client);
    await expect.poll(async () => (await client.streams.list({}))[0]!.events).toBe(job!.events);
    expect(job!.events).toBeGreaterThan(0);

    const again = await context.newPage();
    await openLab(again, lab);
    await expect(jobs(again)).toContainText('The page or program that sent the file went away.');
    await expect(jobs(again)).toContainText(`${job!.events.toLocaleString('en')} events are in “big”`);
    await expect(again.getByRole('row', { name: /big/ })).toContainText(job!.events.toLocaleString('en'));
    await jobs(again).getByRole('button', { name: 'Delete stream' }).click();
    await expect(dialog(again, 'Delete stream')).toBeVisible();
  });
});

/** Clicks the button, and answers the file chooser that it opens. */
async function pick(page: Page, button: Locator, file: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await button.click();
  await (await chooser).setFiles(file);
}

async function jobList(client: LabClient) {
  for await (const list of client.jobs.watch({})) return list;
  return [];
}
