/** ctx.geo: places for addresses, by the demo database and by files that are none. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { geoFileOf } from '../../../main/processors/geoFile.ts';
import { resources, temporaryFolder } from '../openLab.ts';
import { runProcessor } from './running.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

const LOOKUP = `export default { inputs: ['in'], outputs: ['out'], onEvent: ({ text }, ctx) => ctx.emit('out', { value: ctx.geo.lookup(text) }) };`;
const demo = geoFileOf(null, resources);

async function places(addresses: string[], geoFile = demo): Promise<string[]> {
  const records = addresses.map((address, at) => ({
    ...{ stream: 'in', shard: 0, offset: String(at), timestamp: 0n, key: null, headers: [] },
    value: Buffer.from(address),
  }));
  const { emitted } = await runProcessor(LOOKUP, records, { geoFile });
  return emitted.map(({ text }) => {
    const { kind, countryCode, city } = JSON.parse(text!) as Record<string, string | null>;
    return kind === 'found' ? `${countryCode} ${city ?? '-'}` : kind!;
  });
}

it('knows the addresses that are kept for documentation, also those of IPv6 and those of IPv4 within IPv6', async () => {
  const found = ['203.0.113.9', '203.0.113.127', '203.0.113.128', '192.0.2.200', '2001:db8::1', '2001:db8:7:ffff::', '::ffff:192.0.2.1'];
  expect(await places(found)).toEqual(['SE Linköping', 'SE Linköping', 'DE Berlin', 'BT -', 'SE Linköping', 'PT Lisbon', 'GB London']);
});

it('tells everything that is known of a place', async () => {
  const record = { stream: 'in', shard: 0, offset: '0', timestamp: 0n, key: null, headers: [], value: Buffer.from('203.0.113.9') };
  const { emitted } = await runProcessor(LOOKUP, [record]);
  const place = { kind: 'found', country: 'Sweden', countryCode: 'SE', city: 'Linköping', latitude: 58.4167, longitude: 15.6167 };
  expect(JSON.parse(emitted[0]!.text!)).toEqual(place);
});

it.each([
  ['unknown', ['192.0.2.224', '8.8.8.8', '2001:db8:8::', '2a00::1']],
  [
    'private',
    ['10.0.0.1', '172.31.255.255', '192.168.0.1', '127.0.0.1', '169.254.1.1', '100.64.0.1', '0.0.0.0', '::', '::1', 'fe80::1', 'fd00::1'],
  ],
  [
    'malformed',
    ['', ' ', '203.0.113', '203.0.113.256', '203.0.113.9 ', '1', '0x7f.1', 'localhost', '2001:db8:::1', 'fe80::1%eth0', '::ffff:1.2.3'],
  ],
])('tells %s addresses apart', async (kind, addresses) => {
  expect(await places(addresses)).toEqual(addresses.map(() => kind));
});

it('a file that is no database, is cut short or is not there is said when the processor is loaded', async () => {
  const text = path.join(temporary.folder, 'text.mmdb');
  writeFileSync(text, 'These are no places.');
  await expect(places(['10.0.0.1'], text)).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining('text.mmdb') as string,
  });
  const cut = path.join(temporary.folder, 'cut.mmdb');
  copyFileSync(demo, cut);
  truncateSync(cut, readFileSync(demo).length - 100);
  await expect(places(['10.0.0.1'], cut)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(places(['10.0.0.1'], path.join(temporary.folder, 'none.mmdb'))).rejects.toMatchObject({ code: 'file-unreadable' });
});

it('the workspace’s own database is preferred', () => {
  expect(geoFileOf(temporary.folder, resources)).toBe(demo);
  const own = path.join(temporary.folder, 'geo.mmdb');
  copyFileSync(demo, own);
  expect(geoFileOf(temporary.folder, resources)).toBe(own);
});

it('the database in the resources is what its program makes', async () => {
  const before = readFileSync(demo);
  await import('../../../resources/geo/generate.ts');
  expect(readFileSync(demo).equals(before)).toBe(true);
});
