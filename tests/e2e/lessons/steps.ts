/** What a student does in a lesson, whichever it is. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import { expect, root } from '../lab.ts';
import { dialog, navigation, openStream } from '../screens.ts';

export const produceSheet = (page: Page): Locator => dialog(page, 'Produce');
export const column = (page: Page, name: string): Locator => page.getByRole('article', { name: `Processor ${name}` });

export async function makeStream(page: Page, name: string, shards: number): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Streams' }).click();
  await navigation(page).getByRole('button', { name: 'New stream' }).click();
  const made = dialog(page, 'New stream');
  await made.getByRole('spinbutton', { name: 'Shards' }).fill(String(shards));
  await made.getByRole('textbox', { name: 'Name' }).fill(name);
  await made.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

export async function fillIn(page: Page, { key, value }: { key?: string; value: string }): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Produce' }).click();
  if (key !== undefined) await produceSheet(page).getByRole('textbox', { name: 'Key', exact: true }).fill(key);
  await produceSheet(page).getByRole('textbox', { name: 'Value', exact: true }).fill(value);
}

/** Sends what is filled in and closes the sheet. */
export async function send(page: Page, button = 'Send'): Promise<void> {
  const sent = produceSheet(page).getByRole('list', { name: 'Sent' }).getByRole('listitem');
  await produceSheet(page).getByRole('button', { name: button, exact: true }).click();
  await expect(sent).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(produceSheet(page)).toBeHidden();
}

export async function sendMany(page: Page, count: number, numbered: boolean): Promise<void> {
  await produceSheet(page).getByRole('spinbutton', { name: 'Count' }).fill(String(count));
  await expect(produceSheet(page).getByRole('checkbox', { name: 'Number {{n}}' })).toBeChecked({ checked: numbered });
  await send(page, `Send ${count.toLocaleString('en')}`);
}

export async function sendKeyed(page: Page, stream: string, key: string, value: string): Promise<void> {
  await openStream(page, stream);
  await fillIn(page, { key, value });
  await send(page);
}

export async function newProcessor(page: Page, sample: string): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await page.getByRole('button', { name: 'New processor' }).click();
  await dialog(page, 'New processor')
    .getByRole('radio', { name: new RegExp(`^${sample}`) })
    .check();
  await dialog(page, 'New processor').getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('textbox', { name: `Source of ${sample}` })).toBeVisible();
}

/** From the editor. */
export async function deploy(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Deploy…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Processors' })).toBeVisible();
}

export async function deployAnew(page: Page, name: string): Promise<void> {
  await chooseInMenu(page, name, 'Deploy…');
  const asked = dialog(page, `Deploy ${name}`);
  await asked.getByRole('checkbox', { name: /^Begin anew/ }).check();
  await asked.getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(asked).toBeHidden();
}

export async function killProcess(page: Page, name: string): Promise<void> {
  await chooseInMenu(page, name, 'Kill its process');
  await expect(column(page, name)).toContainText('1 restart');
  await expect(column(page, name).getByText('running', { exact: true })).toBeVisible();
}

async function chooseInMenu(page: Page, name: string, item: string): Promise<void> {
  await column(page, name).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Types over what is found. */
export async function replaceInSource(page: Page, name: string, pairs: [string, string][]): Promise<void> {
  const source = page.getByRole('textbox', { name: `Source of ${name}` });
  let text = readFileSync(path.join(root, 'resources/processors', `${name}.ts`), 'utf8');
  for (const [before, after] of pairs) {
    expect(text).toContain(before);
    text = text.replace(before, after);
  }
  await source.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}
