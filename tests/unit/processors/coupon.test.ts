/** The sample coupon.ts, over records in simulated time: who gets a coupon, and who gets none. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { SimulatedRecord } from '../../../main/processors/processorContract.ts';
import { resources } from '../openLab.ts';
import { at, type Ran, runProcessor, START } from './running.ts';

const source = (name: string): string => readFileSync(path.join(resources, 'processors', `${name}.ts`), 'utf8');
const MINUTE = 60;
const iso = (seconds: number): string => new Date(Number(START) + seconds * 1_000).toISOString();
const items = [{ product: { sku: 'reader-1', name: 'AvidReader' }, quantity: 1 }];

/** What a shopper did, so many seconds after START. */
function did(seconds: number, event: string, id = '789', rest: object = {}, stream = 'raw-events'): SimulatedRecord {
  const value = { event, shopper: { id, name: 'Mo' }, ...rest, timestamp: iso(seconds) };
  return at(seconds, value, { stream, key: Buffer.from(id), offset: String(seconds) });
}
const added = (seconds: number, id?: string): SimulatedRecord => did(seconds, 'SHOPPER_ADDED_ITEM', id, { items });
const abandoned = (seconds: number, id?: string): SimulatedRecord =>
  did(seconds, 'SHOPPER_ABANDONED_CART', id, { items }, 'derived-events');

interface Told {
  event: string;
  shopper: { id: string };
  coupon: { id: string; percentOff: number };
  timestamp: string;
}
const coupons = ({ emitted }: Ran): Told[] => emitted.map(({ text }) => JSON.parse(text!) as Told);
const run = async (records: SimulatedRecord[], seed = 1): Promise<Told[]> =>
  coupons(await runProcessor(source('coupon'), records, { seed }));

it('an abandoned cart of somebody who is there gives a coupon: who, what, for what, because of what, and when', async () => {
  const { emitted, failures } = await runProcessor(source('coupon'), [added(0), abandoned(10)]);
  expect(failures).toEqual([]);
  expect(emitted).toHaveLength(1);
  const { output, key, timestamp, text } = emitted[0]!;
  expect({ output, key, timestamp }).toEqual({ output: 'coupons', key: '789', timestamp: START + 10_000n });
  expect(JSON.parse(text!)).toEqual({
    event: 'SHOPPER_GOT_COUPON',
    shopper: { id: '789', name: 'Mo' },
    coupon: { id: expect.stringMatching(/^NILE-[A-HJ-NP-Z2-9]{5}$/) as string, percentOff: 10 },
    items,
    because: { stream: 'derived-events', shard: 0, offset: '10' },
    timestamp: iso(10),
  });
});

it('a session has one coupon, however many carts are abandoned in it; the next session may have another', async () => {
  const again = [added(0), abandoned(10), abandoned(10), added(20), abandoned(30), added(20 * MINUTE), abandoned(21 * MINUTE)];
  expect((await run(again)).map(({ timestamp }) => timestamp)).toEqual([iso(10)]);
  const next = [...again, added(60 * MINUTE), abandoned(61 * MINUTE), abandoned(62 * MINUTE)];
  const given = await run(next);
  expect(given.map(({ timestamp }) => timestamp)).toEqual([iso(10), iso(61 * MINUTE)]);
  expect(given[0]!.coupon.id).not.toBe(given[1]!.coupon.id);
});

it('a session that has ended gets none: by a goodbye, by half an hour of silence, or because there never was one', async () => {
  const goodbye = did(5, 'SHOPPER_LEFT_SHOP');
  expect(await run([added(0), goodbye, abandoned(10)])).toEqual([]);
  expect(await run([added(0), abandoned(30 * MINUTE)])).toEqual([]);
  expect(await run([added(0), abandoned(30 * MINUTE - 1)])).toHaveLength(1);
  expect(await run([abandoned(10)])).toEqual([]);
  // What was held up on its way does not bring back who has left; who comes back does.
  const late = at(6, { event: 'SHOPPER_VIEWED_PRODUCT', shopper: { id: '789' }, timestamp: iso(4) }, { stream: 'raw-events' });
  expect(await run([added(0), goodbye, late, abandoned(10)])).toEqual([]);
  expect(await run([added(0), goodbye, did(8, 'SHOPPER_VIEWED_PRODUCT'), abandoned(10)])).toHaveLength(1);
});

it('each shopper gets their own, and the codes are those of the seed', async () => {
  const two = [added(0, '1'), added(1, '2'), abandoned(10, '1'), abandoned(11, '2')];
  const given = await run(two);
  expect(given.map(({ shopper }) => shopper.id)).toEqual(['1', '2']);
  expect(given[0]!.coupon.id).not.toBe(given[1]!.coupon.id);
  expect(await run(two)).toEqual(given);
  expect((await run(two, 2)).map(({ coupon }) => coupon.id)).not.toEqual(given.map(({ coupon }) => coupon.id));
});

it('forgets sessions that are over, and goes on', async () => {
  const { emitted, log, failures } = await runProcessor(source('coupon'), [
    added(0),
    abandoned(10),
    did(45 * MINUTE, 'SHOPPER_VIEWED_PRODUCT', '1'),
    abandoned(46 * MINUTE),
  ]);
  expect(failures).toEqual([]);
  expect(emitted).toHaveLength(1);
  expect(log).toEqual(['no coupon for 789: the session is over']);
});

it('what is no event of the shop is bad', async () => {
  const { emitted } = await runProcessor(source('coupon'), [
    at(0, { event: 'LOOKED', shopper: { id: '1' }, timestamp: 'soon' }, { stream: 'raw-events' }),
    at(1, {}, { stream: 'raw-events', value: Buffer.from('{"cut') }),
  ]);
  expect(emitted.map(({ output }) => output)).toEqual(['bad', 'bad']);
});

it('the chain: a cart that v1 finds abandoned after its patience comes out as a coupon; v2 says it when the session is over', async () => {
  const shop = [added(0, '1'), did(15 * MINUTE, 'SHOPPER_VIEWED_PRODUCT', '1'), did(90 * MINUTE, 'SHOPPER_VIEWED_PRODUCT', '2')];
  const chain = async (name: string): Promise<Told[]> => {
    const { emitted } = await runProcessor(source(name), shop);
    const derived = emitted.map(({ key, text, timestamp }, offset): SimulatedRecord => ({
      ...{ stream: 'derived-events', shard: 0, offset: String(offset), headers: [], timestamp },
      key: Buffer.from(key!),
      value: Buffer.from(text!),
    }));
    expect(derived).toHaveLength(1);
    return run([...shop, ...derived].sort((one, other) => Number(one.timestamp! - other.timestamp!)));
  };
  expect((await chain('abandoned-cart-v1')).map(({ shopper }) => shopper.id)).toEqual(['1']);
  expect(await chain('abandoned-cart-v2')).toEqual([]);
});
