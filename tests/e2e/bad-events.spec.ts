/** Bad events on screen: found from their processor, mended by hand, sent back to a better version, and watched as they succeed. */
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import { picture } from './pictures.ts';
import { record } from './records.ts';
import { detail, dialog, openLab } from './screens.ts';

const groups = (page: Page): Locator => page.getByRole('list', { name: 'Groups of bad events' });
const group = (page: Page): Locator => page.getByRole('region', { name: 'Group', exact: true });
const events = (page: Page): Locator => group(page).getByRole('list', { name: 'Bad events' }).getByRole('listitem');

const strict = (accepts: boolean): string => `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['raw'], outputs: ['good'], onEvent(event, ctx) {
  const { id } = event.value;
  if (id === undefined && !${accepts}) return ctx.bad('no id');
  ctx.emit('good', { key: event.key, value: { id: id ?? 'nobody' } });
} });
`;

const deploy = (client: LabClient, accepts: boolean) =>
  client.processors.deploy({ name: 'strict', source: strict(accepts), guarantee: null, start: null, anew: false });

test('bad events are grouped, mended by hand, sent back to a better version, and watched as they succeed', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/bad/bad');
  await expect(page.getByText('There is no stream “bad” yet.')).toBeVisible();
  await picture(page, 'bad-empty');
  await client.streams.create({ name: 'raw', shards: 2 });
  const value = (n: number): string => (n % 5 === 0 ? '{"id":' : n % 5 === 1 ? `{"n":${n}}` : `{"id":${n}}`);
  await client.produce.append({ stream: 'raw', records: Array.from({ length: 40 }, (_, n) => record({ key: `k${n}`, value: value(n) })) });
  await deploy(client, false);

  // From the column of its processor.
  await openLab(page, lab, '#/processors');
  await page.getByRole('article', { name: 'Processor strict' }).getByRole('link', { name: '16 bad', exact: true }).click();
  await expect(groups(page).getByRole('listitem')).toHaveCount(2);
  await groups(page)
    .getByRole('button', { name: /^no id/ })
    .click();
  await expect(group(page)).toContainText('said by strict, of events of raw · 8 open');
  await expect(events(page)).toHaveCount(8);
  await picture(page, 'bad-groups');

  // By hand; what is not JSON is said.
  await events(page).first().getByRole('button', { name: /^Mend/ }).click();
  const mend = dialog(page, 'Mend');
  const content = mend.getByRole('textbox', { name: 'Value' });
  await content.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"id": ');
  await expect(mend).toContainText('Line 1, column');
  await expect(mend.getByRole('button', { name: 'Send it back' })).toBeHidden();
  await picture(page, 'bad-mend');
  await content.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"id":"by hand"}');
  await mend.getByRole('button', { name: 'Send it back' }).click();
  await mend.waitFor({ state: 'hidden' });
  await expect(events(page).first()).toContainText('succeeded');
  await expect(group(page)).toContainText('7 open, 1 succeeded');

  // As they are, to the same version: bad again; to a better one: they succeed.
  await group(page).getByRole('button', { name: 'Send 7 back' }).click();
  await expect(group(page)).toContainText('7 open, 7 bad again, 1 succeeded');
  await deploy(client, true);
  await group(page).getByRole('button', { name: 'Send 7 back' }).click();
  await expect(group(page)).toContainText('7 bad again, 8 succeeded');
  await expect(group(page).getByRole('button', { name: 'Send 0 back' })).toBeDisabled();
  await picture(page, 'bad-dealt-with');

  // Where it came from is one click away.
  await events(page)
    .first()
    .getByRole('link', { name: /^raw, shard/ })
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'raw' })).toBeVisible();
  await expect(detail(page)).toBeVisible();
});
