import { createRawSnippet } from 'svelte';
import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { LabError } from '../../../main/api/errors.ts';
import FormDialog from '../../../renderer/src/ui/FormDialog.svelte';

const children = createRawSnippet(() => ({ render: () => '<input aria-label="Name" />' }));
const opened = { open: true, title: 'New stream', submit: 'Create', children };
const dialog = page.getByRole('dialog', { name: 'New stream' });
const create = page.getByRole('button', { name: 'Create' });

test('is sent once, with Enter, and closes when it went well', async () => {
  const sending = Promise.withResolvers<void>();
  const onsubmit = vi.fn(() => sending.promise);
  render(FormDialog, { ...opened, onsubmit });
  await page.getByRole('textbox', { name: 'Name' }).click();
  await userEvent.keyboard('{Enter}{Enter}');
  expect(onsubmit).toHaveBeenCalledTimes(1);
  await expect.element(dialog).toBeVisible();
  sending.resolve();
  await expect.element(dialog).not.toBeInTheDocument();
});

test('stays open with what went wrong, and can be sent again', async () => {
  const onsubmit = vi
    .fn<() => Promise<unknown>>()
    .mockRejectedValueOnce(new LabError('stream-exists', 'There is one of that name.'))
    .mockResolvedValueOnce(undefined);
  render(FormDialog, { ...opened, onsubmit });
  await create.click();
  await expect.element(dialog.getByRole('alert').getByText('There is one of that name.')).toBeVisible();
  await create.click();
  await expect.element(dialog).not.toBeInTheDocument();
});

test('what went wrong is not said any more of what is typed anew', async () => {
  const onsubmit = vi.fn(() => Promise.reject(new LabError('stream-exists', 'There is one of that name.')));
  render(FormDialog, { ...opened, onsubmit });
  await create.click();
  await expect.element(dialog.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('another');
  await expect.element(dialog.getByRole('alert')).not.toBeInTheDocument();
});

test('stays open where the form says what is missing', async () => {
  const onsubmit = vi.fn(() => Promise.resolve(false));
  render(FormDialog, { ...opened, onsubmit });
  await create.click();
  await vi.waitFor(() => expect(onsubmit).toHaveBeenCalled());
  await expect.element(dialog).toBeVisible();
  await expect.element(dialog.getByRole('alert')).not.toBeInTheDocument();
});

test('is not sent before it is ready, nor where nothing can be sent', async () => {
  const onsubmit = vi.fn(() => Promise.resolve());
  const { rerender } = await render(FormDialog, { ...opened, ready: false, onsubmit });
  await expect.element(create).toBeDisabled();
  await page.getByRole('textbox', { name: 'Name' }).click();
  await userEvent.keyboard('{Enter}');
  await rerender({ submit: null, dismiss: 'Leave it' });
  await expect.element(create).not.toBeInTheDocument();
  await page.getByRole('button', { name: 'Leave it' }).click();
  await expect.element(dialog).not.toBeInTheDocument();
  expect(onsubmit).not.toHaveBeenCalled();
});
