/** Clients and Requests as they are shown, from what a lab tells. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { KafkaClient, KafkaRequest } from '../../../main/api/clients.ts';
import type { LabClient } from '../../../main/api/index.ts';
import App from '../../../renderer/src/App.svelte';
import { formatBytes } from '../../../renderer/src/ui/format.ts';
import { FakeLab, Watched } from '../fakeLab.ts';

let clients: Watched<KafkaClient[]>;
let requests: Watched<{ requests: KafkaRequest[]; missed: number }>;

const client: KafkaClient = {
  ...{ id: '1-1', brokerId: 1, clientId: 'till 7', software: null, address: '127.0.0.1:4000', connectedAt: 0 },
  ...{ requests: 5, errors: 0, bytesIn: 1, bytesOut: 1 },
};
const request = (number: number, told: Partial<KafkaRequest> = {}): KafkaRequest => ({
  ...{ id: `1-${number}`, brokerId: 1, connectionId: '1-1', clientId: `till ${number}`, software: null, address: '127.0.0.1:4000' },
  ...{
    api: 'Produce',
    version: 9,
    at: 1_000 + number,
    durationMs: 1,
    bytesIn: 14,
    bytesOut: 20,
    request: '{}',
    response: '{}',
    errors: [],
  },
  ...told,
});

beforeEach(() => {
  clients = new Watched<KafkaClient[]>([client]);
  requests = new Watched({ requests: [], missed: 0 });
});
afterEach(() => {
  location.hash = '';
});

async function show(hash: string): Promise<void> {
  location.hash = hash;
  const lab = new FakeLab();
  const own = {
    clients: {
      addresses: () => Promise.resolve([{ brokerId: 1, host: '127.0.0.1', port: 9092 }]),
      watch: (_input: unknown, options: { signal?: AbortSignal } = {}) => clients.watch(options.signal ?? new AbortController().signal),
    },
    requests: {
      watch: (_input: unknown, options: { signal?: AbortSignal } = {}) => requests.watch(options.signal ?? new AbortController().signal),
    },
  } as unknown as Pick<LabClient, 'clients' | 'requests'>;
  render(App, { connectWith: async () => ((link) => ({ ...link, client: { ...link.client, ...own } }))(await lab.connect()) });
  await expect.element(page.getByRole('table')).toBeVisible();
}

test('how much a program asks is not said before it is known', async () => {
  await show('#/clients');
  const cells = (): string[] => [...document.querySelectorAll('tbody td')].map((cell) => cell.textContent.trim());
  const at = [...document.querySelectorAll('thead th')].findIndex(({ textContent }) => textContent === 'Requests/s');
  // Said as soon as the program is there: two looks, a second apart, are yet to come.
  expect(cells()[at]).toBe('–');
  await expect.poll(() => cells()[at], { timeout: 10_000 }).toBe('0');
});

test('a refused request: its name, its bytes, and why at the beginning; one that is unreadable has no version', async () => {
  const why = 'JoinGroup is not served here.';
  const refused = { bytesOut: 0, request: null, response: null };
  requests.set({
    requests: [
      request(1, { ...refused, api: 'JoinGroup', version: 5, errors: [why] }),
      request(2, { ...refused, api: 'unreadable', version: null, errors: ['A request of 1195725856 bytes (REQUEST_BYTES_MAX).'] }),
    ],
    missed: 0,
  });
  await show('#/requests');
  const row = page.getByRole('row', { name: /JoinGroup v5/ });
  await expect.element(row).toBeVisible();
  const cells = [...row.element().querySelectorAll('td')];
  const [bytesIn, answer] = [cells.at(-3)!, cells.at(-1)!];
  expect(bytesIn.textContent).toBe(formatBytes(14));
  expect(answer.textContent.trim()).toBe(why);
  // At the least width of the page's window for which it is made, it can be read to its end.
  expect(answer.scrollWidth).toBeLessThanOrEqual(answer.clientWidth);
  const unreadable = page
    .getByRole('row', { name: /unreadable/ })
    .element()
    .querySelectorAll('td')[2]!;
  expect(unreadable.textContent.trim()).toBe('unreadable');
});

test('the detail of a request that was refused says so, and not that it was answered', async () => {
  const refused = { bytesOut: 0, request: null, response: null, durationMs: 0 };
  requests.set({
    requests: [request(1, { ...refused, api: 'JoinGroup', errors: ['JoinGroup is not served here.'] }), request(2)],
    missed: 0,
  });
  await show('#/requests');
  const told = (): string =>
    page.getByRole('region', { name: 'Request', exact: true }).element().querySelector('.facts')!.textContent.replaceAll(/\s+/g, ' ');
  await page.getByRole('button', { name: 'JoinGroup' }).click();
  await expect.poll(told).toContain('refused, and its connection closed; 14 B in');
  expect(told()).not.toContain('answered in');
  await page.getByRole('button', { name: 'Produce' }).click();
  await expect.poll(told).toContain('answered in 1 ms; 14 B in');
});

test('the newest are first whatever comes first; older ones that follow stand below', async () => {
  const shown = (): string[] => [...document.querySelectorAll('tbody td:nth-child(2)')].map(({ textContent }) => textContent);
  requests.set({ requests: [request(11), request(12)], missed: 0 });
  await show('#/requests');
  await expect.poll(shown).toEqual(['till 12', 'till 11']);
  // Answered in the same millisecond: the later one is the newer one.
  requests.set({ requests: [request(9, { at: 1_005 }), request(10, { at: 1_005 })], missed: 0 });
  await expect.poll(shown).toEqual(['till 12', 'till 11', 'till 10', 'till 9']);
  requests.set({ requests: [request(13)], missed: 0 });
  await expect.poll(shown).toEqual(['till 13', 'till 12', 'till 11', 'till 10', 'till 9']);
});
