/** What the palette does with the stream that is open, its event, and the lab. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import App from '../../../renderer/src/App.svelte';
import { dialogs } from '../../../renderer/src/state/dialogs.svelte.ts';
import { LogLab } from './logLab.ts';

let lab: LogLab;
const detail = page.getByRole('region', { name: 'Event', exact: true });
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role=grid] [data-row]')];
async function fromPalette(typed: string): Promise<void> {
  await userEvent.keyboard('{Control>}k{/Control}');
  await page.getByRole('combobox', { name: 'Find an action' }).fill(typed);
  await userEvent.keyboard('{Enter}');
}

beforeEach(async () => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
  await page.viewport(1280, 800);
  lab = new LogLab(300);
  lab.frame.lessons = [
    { id: 'one', title: 'One log', streams: [], processors: [], steps: [{ title: 'A stream', markdown: 'Make it.', checks: [] }] },
  ];
  render(App, { connectWith: lab.connect });
  await expect.poll(() => rows().length).toBeGreaterThan(5);
});
afterEach(() => dialogs.close());

test('chooses shards: one alone, or in their list', async () => {
  await fromPalette('show shard 1 alone');
  await expect.element(page.getByRole('button', { name: 'Shards 1' })).toBeVisible();
  await fromPalette('choose shards');
  const choice = page.getByRole('dialog', { name: 'Shards' });
  await choice.getByRole('checkbox', { name: 'Shard 2' }).click();
  await expect.element(page.getByRole('button', { name: 'Shards 1, 2' })).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.element(choice).not.toBeInTheDocument();
});

test('shows the open event raw and in hex, and copies it', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
  await userEvent.click(rows()[3]!);
  await expect.element(detail).toBeVisible();
  await fromPalette('event as hex');
  await expect.element(detail.getByRole('tab', { name: 'Hex', selected: true })).toBeVisible();
  await fromPalette('event as raw');
  await expect.element(detail.getByRole('tab', { name: 'Raw', selected: true })).toBeVisible();
  await fromPalette('copy as json record');
  await vi.waitFor(() => expect(write).toHaveBeenCalledWith(expect.stringContaining('"stream":"raw-events"')));
  await fromPalette('copy as key');
  await expect.element(page.getByText('The key is copied.')).toBeVisible();
  await expect.element(page.getByText('The record is copied.')).not.toBeInTheDocument();
});

test.each([
  ['add shards', 'Add shards'],
  ['stream settings', 'Stream settings'],
])('opens a dialog about the stream: %s', async (typed, name) => {
  await fromPalette(typed);
  await expect.element(page.getByRole('dialog', { name })).toBeVisible();
});

test('changes the durability and starts a lesson by its name', async () => {
  await fromPalette('durability fast');
  await expect.element(page.getByText('fast durability')).toBeVisible();
  await fromPalette('one log');
  await expect.element(page.getByRole('complementary', { name: 'Lesson' }).getByRole('heading', { name: 'A stream' })).toBeVisible();
});
