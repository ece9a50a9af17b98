import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { LabError } from '../../../main/api/errors.ts';
import ErrorNote from '../../../renderer/src/ui/ErrorNote.svelte';
import { matchesKeys } from '../../../renderer/src/ui/keys.ts';
import NumberInput from '../../../renderer/src/ui/NumberInput.svelte';
import Select from '../../../renderer/src/ui/Select.svelte';
import Term from '../../../renderer/src/ui/Term.svelte';

test('a word is explained where it stands, by focus, and Escape closes it', async () => {
  render(Term, { word: 'offset' });
  await userEvent.tab();
  await expect.element(page.getByText(/counted from 0/)).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByText(/counted from 0/)).not.toBeInTheDocument();
});

test('a click on a word opens its explanation and keeps it open', async () => {
  render(Term, { word: 'offset' });
  await page.getByRole('button', { name: 'offset' }).click();
  await expect.element(page.getByText(/counted from 0/)).toBeVisible();
});

test('a number is null while what is typed is none, and arrows stay within bounds', async () => {
  render(NumberInput, { value: 3, min: 1, max: 4, 'aria-label': 'Shards' });
  const field = page.getByRole('spinbutton', { name: 'Shards' });
  await field.click();
  await userEvent.keyboard('{ArrowUp}{ArrowUp}');
  await expect.element(field).toHaveValue('4');
  await field.fill('x');
  await expect.element(field).not.toHaveAttribute('aria-valuenow');
});

test('a choice is made by keyboard', async () => {
  render(Select, {
    value: 'a',
    label: 'Format',
    options: [
      { value: 'a', label: 'NDJSON' },
      { value: 'b', label: 'Lines' },
    ],
  });
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('option', { name: 'NDJSON' })).toBeVisible();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  await expect.element(page.getByRole('combobox', { name: 'Format: Lines' })).toBeVisible();
});

test('an error is a sentence with advice; the code is in the details', async () => {
  render(ErrorNote, { error: new LabError('disk-full', 'The disk is full.', { cause: new Error('ENOSPC') }) });
  await expect.element(page.getByRole('alert').getByText('The disk is full.')).toBeVisible();
  await expect.element(page.getByText(/^Free some space/)).toBeVisible();
  await page.getByText('Details').click();
  await expect.element(page.getByText('disk-full: ENOSPC')).toBeVisible();
});

test('who only reads is not warned of doing it twice', async () => {
  const error = new LabError('disconnected', 'The connection is lost.');
  const { rerender } = await render(ErrorNote, { error });
  await expect.element(page.getByText(/before you repeat it/)).toBeVisible();
  await rerender({ error, reading: true });
  await expect.element(page.getByText(/repeat/)).not.toBeInTheDocument();
  await expect.element(page.getByText('The page connects again by itself.')).toBeVisible();
});

test('key combinations', () => {
  const press = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent('keydown', { key, ...more });
  expect(matchesKeys(press('k', { ctrlKey: true }), 'Mod+K', false)).toBe(true);
  expect(matchesKeys(press('k', { metaKey: true }), 'Mod+K', true)).toBe(true);
  expect(matchesKeys(press('K', { ctrlKey: true, shiftKey: true }), 'Mod+K', false)).toBe(false);
  expect(matchesKeys(press('?', { shiftKey: true }), '?', false)).toBe(true);
  expect(matchesKeys(press(' '), 'Space', false)).toBe(true);
});
