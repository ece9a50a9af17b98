/** What a Kafka client may make by naming it, as it is set. */
import { afterEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { LabClient } from '../../../main/api/index.ts';
import type { Settings } from '../../../main/api/lab.ts';
import App from '../../../renderer/src/App.svelte';
import { FakeLab } from '../fakeLab.ts';

afterEach(() => {
  location.hash = '';
});

test('what is typed while the lab still answers is not lost', async () => {
  const answer = Promise.withResolvers<Settings>();
  const lab = new FakeLab();
  const slow = (client: LabClient): LabClient => ({ ...client, lab: { ...client.lab, changeSettings: () => answer.promise } });
  location.hash = '#/settings';
  render(App, { connectWith: async () => ((link) => ({ ...link, client: slow(link.client) }))(await lab.connect()) });

  const made = page.getByRole('checkbox', { name: 'A Kafka client that names a topic which is not there makes it' });
  const shards = page.getByRole('spinbutton', { name: 'Shards of a stream that a Kafka client makes' });
  await expect.element(shards).toHaveValue('1');
  await made.click();
  await userEvent.fill(shards, '3');
  answer.resolve({ valueBytesMax: 1024 * 1024, durability: 'safe', topicsMadeOnUse: false, topicShards: 1 });
  await expect.element(made).not.toBeChecked();
  await expect.element(shards).toHaveValue('3');
  await expect.element(page.getByRole('button', { name: 'Save' }).last()).toBeEnabled();
});
