/** The produce sheet as someone uses it: by keyboard, beside a stream. */
import axe from 'axe-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { LabError } from '../../../main/api/errors.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { Appended } from '../../../main/api/produce.ts';
import type { NewRecord } from '../../../main/api/values.ts';
import App from '../../../renderer/src/App.svelte';
import { dialogs, openDialog } from '../../../renderer/src/state/dialogs.svelte.ts';
import { FakeLab, streamSummary } from '../fakeLab.ts';

interface Sent {
  stream: string;
  record: NewRecord;
  count: number;
  numbered: boolean;
}

let sent: Sent[];
let refusal: LabError | null;
const text = (bytes: Uint8Array | null | undefined) => bytes && new TextDecoder().decode(bytes);
const sheet = page.getByRole('dialog', { name: 'Produce' });
const value = sheet.getByRole('textbox', { name: 'Value' });

function open(stream: string | null = 'raw-events') {
  const lab = new FakeLab();
  lab.streams.set([streamSummary('raw-events', [700, 800, 818]), streamSummary('bad-events', [12])]);
  const send = (input: Sent): Promise<Appended> => {
    sent.push(input);
    if (refusal) return Promise.reject(refusal);
    return Promise.resolve({
      events: input.count,
      shards: [{ shard: 1, firstOffset: 781n, lastOffset: 780n + BigInt(input.count), events: input.count }],
    });
  };
  const produce = { send, kept: () => Promise.resolve([]) } as unknown as LabClient['produce'];
  render(App, { connectWith: async () => ((link) => ({ ...link, client: { ...link.client, produce } }))(await lab.connect()) });
  openDialog('produce', { stream });
}

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/streams';
  sent = [];
  refusal = null;
});
afterEach(() => dialogs.close());

async function type(key: string, json: string): Promise<void> {
  await expect.element(sheet.getByRole('textbox', { name: 'Key', exact: true })).toHaveFocus();
  await userEvent.keyboard(key);
  await value.fill(json);
}

async function axeClean(): Promise<void> {
  const { violations } = await axe.run(document.querySelector('[role=dialog]')!);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

test('a key and a value, sent by keyboard again and again, the form staying as it is', async () => {
  open();
  await type('789', '{"a":1}');
  await expect.element(sheet.getByText('murmur2("789") % 3 = 1')).toBeVisible();
  await userEvent.keyboard('{Control>}{Enter}{/Control}');
  await expect.element(sheet.getByText('Appended at shard 1, offset 781')).toBeVisible();
  await userEvent.keyboard('{Control>}{Enter}{/Control}');
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]).toMatchObject({ stream: 'raw-events', count: 1, numbered: false, record: { timestamp: null, shard: null, headers: [] } });
  expect(text(sent[1]?.record.key)).toBe('789');
  expect(text(sent[1]?.record.value)).toBe('{"a":1}');
  await axeClean();
});

test('what is not JSON is not sent unless asked to', async () => {
  open();
  await type('789', '{"a" 1}');
  await expect.element(sheet.getByText(/Line 1, column 6: A colon is missing/).first()).toBeVisible();
  await userEvent.keyboard('{Control>}{Enter}{/Control}');
  await expect.element(sheet.getByText('Not sent: the value is not JSON.')).toBeVisible();
  expect(sent).toEqual([]);
  await axeClean();
  await sheet.getByRole('button', { name: 'Send as text anyway' }).click();
  await expect.poll(() => sent.length).toBe(1);
  expect(text(sent[0]?.record.value)).toBe('{"a" 1}');
});

test('an error is told and the text stays, also through closing', async () => {
  refusal = new LabError('value-too-large', 'The value has 7 bytes; this workspace takes at most 1 KiB.');
  open();
  await type('789', '{"a":1}');
  await userEvent.keyboard('{Control>}{Enter}{/Control}');
  await expect.element(sheet.getByRole('alert').getByText(/takes at most 1 KiB/)).toBeVisible();
  await expect.element(sheet.getByRole('button', { name: 'Settings' })).toBeVisible();
  await expect.element(value.getByText('{"a":1}')).toBeVisible();
  await value.click();
  await userEvent.keyboard('{Escape}');
  await expect.element(sheet).not.toBeInTheDocument();
  openDialog('produce', { stream: 'raw-events' });
  await expect.element(value.getByText('{"a":1}')).toBeVisible();
});

test('a time that is none keeps the event from being sent, year 718 does not', async () => {
  open();
  await type('789', '{}');
  await sheet.getByRole('radio', { name: 'At' }).click({ force: true });
  await userEvent.keyboard('0718-02-30');
  await expect.element(sheet.getByText('0718-02 has 28 days.')).toBeVisible();
  await expect.element(sheet.getByRole('button', { name: 'Send', exact: true })).toBeDisabled();
  await userEvent.keyboard('{Backspace}{Backspace}01{Control>}{Enter}{/Control}');
  await expect.poll(() => sent[0]?.record.timestamp).toBe(BigInt(Date.parse('0718-02-01T00:00:00Z')));
});

test('many at once, numbered', async () => {
  open();
  await type('k', '{"n": 1}');
  await sheet.getByRole('checkbox', { name: 'Number {{n}}' }).click();
  await sheet.getByRole('spinbutton', { name: 'Count' }).fill('250');
  await sheet.getByRole('button', { name: 'Send 250' }).click();
  await expect.element(sheet.getByText('Appended 250 events at shard 1, offsets 781 to 1,030')).toBeVisible();
  expect(sent[0]).toMatchObject({ count: 250, numbered: true });
});
