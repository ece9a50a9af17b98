/** Importing a file as someone does it: look at what it would become, start, read the report. */
import axe from 'axe-core';
import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { LabError } from '../../../main/api/errors.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { ImportPreview, ImportRules } from '../../../main/api/imports.ts';
import App from '../../../renderer/src/App.svelte';
import { dialogs, openDialog } from '../../../renderer/src/state/dialogs.svelte.ts';
import { FakeLab, streamSummary } from '../fakeLab.ts';

const dialog = page.getByRole('dialog', { name: 'Import' });

const preview: ImportPreview = {
  format: 'ndjson',
  events: [{ line: 1, key: '789', timestamp: 1539600755000n, value: '{"shopper":{"id":"789"}}', shard: null }],
  rejected: [{ line: 2, reason: 'Not JSON.', text: '{"shopper' }],
  fields: [{ path: 'shopper.id', sample: '789', share: 1, looksLikeTime: false }],
};

function open(file: File | null, imports: object = {}) {
  location.hash = '#/streams';
  const lab = new FakeLab();
  lab.streams.set([streamSummary('orders', [1, 2, 3])]);
  const started: unknown[] = [];
  const serving = {
    preview: () => Promise.resolve(preview),
    start: (input: unknown) => Promise.resolve((started.push(input), { jobId: 'j1', streamMade: true })),
    write: () => Promise.resolve({ imported: 1, rejected: 0, rejectedKept: 0 }),
    finish: () => Promise.resolve({ imported: 1, rejected: 1, rejectedKept: 1 }),
    abort: () => Promise.resolve(),
    ...imports,
  } as unknown as LabClient['imports'];
  render(App, { connectWith: async () => ((link) => ({ ...link, client: { ...link.client, imports: serving } }))(await lab.connect()) });
  openDialog('import', { stream: null, file });
  return { lab, started };
}

afterEach(() => dialogs.close());

async function axeClean(): Promise<void> {
  const { violations } = await axe.run(document.querySelector('[role=dialog]')!);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

const orders = () => new File(['{"shopper":{"id":"789"}}\n{"shopper\n'], 'my orders.ndjson');

test('a file that was dropped is shown as the events it would become, then imported', async () => {
  const { started } = open(orders());
  await expect.element(dialog.getByText('my orders.ndjson')).toBeVisible();
  await expect.element(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('my-orders');
  await expect.element(dialog.getByRole('cell', { name: '789', exact: true })).toBeVisible();
  await expect.element(dialog.getByRole('cell', { name: /Not JSON/ })).toBeVisible();
  await axeClean();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await expect.element(dialog.getByText('Imported', { exact: true })).toBeVisible();
  expect(started).toEqual([
    {
      stream: 'my-orders',
      shards: 3,
      rules: { format: 'ndjson', keyField: 'shopper.id', timeField: null },
      file: { name: 'my orders.ndjson', bytes: 35 },
    },
  ]);
  await axeClean();
  await dialog.getByRole('button', { name: 'Open stream' }).click();
  await expect.element(dialog).not.toBeInTheDocument();
  expect(location.hash).toBe('#/streams/my-orders');
});

test('a name that a stream has is not imported into unsaid', async () => {
  open(orders());
  await dialog.getByRole('textbox', { name: 'Name' }).fill('orders');
  await expect.element(dialog.getByText('A stream of this name exists.')).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Import into the existing orders' }).click();
  await expect.element(dialog.getByText(/3 shards, 6 events so far/)).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Import', exact: true })).toBeEnabled();
});

test('where events without a key go is said once, by the choice of the key', async () => {
  open(orders(), {
    preview: ({ rules }: { rules: ImportRules | null }) =>
      Promise.resolve({ ...preview, events: preview.events.map((event) => (rules?.keyField === null ? { ...event, key: null } : event)) }),
  });
  await expect.element(dialog.getByText(/^Where the keys of this event land/)).toBeVisible();
  await dialog.getByRole('combobox', { name: /^Key field/ }).click();
  await page.getByRole('option', { name: 'No key' }).click();
  await expect.element(dialog.getByText(/^Sticky:/)).toBeVisible();
  await new Promise((resolve) => setTimeout(resolve, 400)); // the preview follows the choice
  expect(document.body.textContent!.split('Sticky:').length - 1).toBe(1);
});

test('an empty file is said to be empty', async () => {
  open(new File([], 'empty.ndjson'));
  await expect.element(dialog.getByText(/empty\.ndjson is empty/)).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
});

test('an import that fails says why and what is kept', async () => {
  open(orders(), { write: () => Promise.reject(new LabError('disk-full', 'The disk that holds the workspace is full.')) });
  await expect.element(dialog.getByRole('cell', { name: '789', exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await expect.element(dialog.getByRole('alert').getByText(/The disk that holds the workspace is full/)).toBeVisible();
  await expect.element(dialog.getByText(/Nothing of my orders.ndjson is in my-orders/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete the stream' }).click();
  expect(dialogs.current).toEqual({ name: 'deleteStream', props: { stream: 'my-orders' } });
});
