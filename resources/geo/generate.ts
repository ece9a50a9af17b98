/**
 * Makes demo.mmdb, places for the addresses that are kept for documentation (RFC 5737, RFC 3849), so that samples and lessons can look addresses
 * up without anybody's database. The places are real cities; that these addresses lie there is made up.
 *
 *   node resources/geo/generate.ts
 *
 * The format is that of MaxMind DB, version 2.0: a binary tree over the bits of an IPv6 address (IPv4 in ::/96), 16 zero bytes, the data that
 * its leaves point to, and the metadata behind a marker.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

interface Place {
  country: [iso: string, name: string];
  city?: string;
  latitude: number;
  longitude: number;
}

const PLACES = {
  linkoping: { country: ['SE', 'Sweden'], city: 'Linköping', latitude: 58.4167, longitude: 15.6167 },
  london: { country: ['GB', 'United Kingdom'], city: 'London', latitude: 51.5142, longitude: -0.0931 },
  lisbon: { country: ['PT', 'Portugal'], city: 'Lisbon', latitude: 38.7167, longitude: -9.1333 },
  cairo: { country: ['EG', 'Egypt'], city: 'Cairo', latitude: 30.0588, longitude: 31.2268 },
  toronto: { country: ['CA', 'Canada'], city: 'Toronto', latitude: 43.6579, longitude: -79.3873 },
  santiago: { country: ['CL', 'Chile'], city: 'Santiago', latitude: -33.4521, longitude: -70.6536 },
  nairobi: { country: ['KE', 'Kenya'], city: 'Nairobi', latitude: -1.2841, longitude: 36.8155 },
  kyoto: { country: ['JP', 'Japan'], city: 'Kyoto', latitude: 35.0211, longitude: 135.7538 },
  wellington: { country: ['NZ', 'New Zealand'], city: 'Wellington', latitude: -41.2887, longitude: 174.7772 },
  berlin: { country: ['DE', 'Germany'], city: 'Berlin', latitude: 52.5167, longitude: 13.4 },
  bhutan: { country: ['BT', 'Bhutan'], latitude: 27.5, longitude: 90.5 },
} satisfies Record<string, Place>;

/** The last eighth of 192.0.2.0/24, and most of 2001:db8::/32, are nobody's: unknown addresses are needed, too. */
const NETWORKS: [network: string, place: Place][] = [
  ['192.0.2.0/27', PLACES.london],
  ['192.0.2.32/27', PLACES.toronto],
  ['192.0.2.64/26', PLACES.cairo],
  ['192.0.2.128/26', PLACES.kyoto],
  ['192.0.2.192/27', PLACES.bhutan],
  ['198.51.100.0/26', PLACES.lisbon],
  ['198.51.100.64/26', PLACES.nairobi],
  ['198.51.100.128/26', PLACES.santiago],
  ['198.51.100.192/26', PLACES.wellington],
  ['203.0.113.0/25', PLACES.linkoping],
  ['203.0.113.128/25', PLACES.berlin],
  ['2001:db8::/48', PLACES.linkoping],
  ['2001:db8:7::/48', PLACES.lisbon],
];

type Data = string | number | Double | Data[] | { [key: string]: Data };
class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** The types of MaxMind DB that are used here. */
const TYPE = { string: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 } as const;

function control(type: number, size: number): Buffer {
  const [head, extended] = type > 7 ? [0, [type - 7]] : [type << 5, []];
  if (size < 29) return Buffer.from([head | size, ...extended]);
  if (size < 285) return Buffer.from([head | 29, ...extended, size - 29]);
  throw new RangeError(`${size} is more than this writer needs.`);
}

function unsigned(type: number, value: number | bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Number(value) === 0 ? Buffer.alloc(0) : Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([control(type, bytes.length), bytes]);
}

function encode(data: Data): Buffer {
  if (typeof data === 'string') return Buffer.concat([control(TYPE.string, Buffer.byteLength(data)), Buffer.from(data)]);
  if (typeof data === 'number') return unsigned(TYPE.uint32, data);
  if (data instanceof Double) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(data.value);
    return Buffer.concat([control(TYPE.double, 8), bytes]);
  }
  if (Array.isArray(data)) return Buffer.concat([control(TYPE.array, data.length), ...data.map(encode)]);
  const entries = Object.entries(data);
  return Buffer.concat([control(TYPE.map, entries.length), ...entries.flatMap(([key, value]) => [encode(key), encode(value)])]);
}

function dataOf({ country: [iso, name], city, latitude, longitude }: Place): Data {
  return {
    ...(city === undefined ? {} : { city: { names: { en: city } } }),
    country: { iso_code: iso, names: { en: name } },
    location: { latitude: new Double(latitude), longitude: new Double(longitude) },
  };
}

/** The bits of a network, from the first: of IPv4 in ::/96. */
function bitsOf(network: string): number[] {
  const [address, length] = network.split('/') as [string, string];
  const isV4 = !address.includes(':');
  const groups = isV4 ? [] : address.replace(/::$/, '').split(':');
  const bytes = isV4 ? [...Array<number>(12).fill(0), ...address.split('.').map(Number)] : groups.flatMap((group) => pair(group));
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1));
  return [...bits, ...Array<number>(128 - bits.length).fill(0)].slice(0, Number(length) + (isV4 ? 96 : 0));
}

function pair(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}

type Leaf = { data: number };
type Node = { number: number; below: [Node | Leaf | null, Node | Leaf | null] };

function build(): Buffer {
  const data: Buffer[] = [];
  const offsets = new Map<Place, number>();
  let size = 0;
  for (const [, place] of NETWORKS) {
    if (offsets.has(place)) continue;
    offsets.set(place, size);
    const bytes = encode(dataOf(place));
    data.push(bytes);
    size += bytes.length;
  }
  const nodes: Node[] = [];
  const node = (): Node => {
    const made: Node = { number: nodes.length, below: [null, null] };
    nodes.push(made);
    return made;
  };
  const root = node();
  for (const [network, place] of NETWORKS) {
    const bits = bitsOf(network);
    let at = root;
    for (const bit of bits.slice(0, -1)) {
      const next = (at.below[bit] ??= node());
      if ('data' in next) throw new Error(`${network} lies in another network.`);
      at = next;
    }
    at.below[bits.at(-1)!] = { data: offsets.get(place)! };
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const { number, below } of nodes) {
    for (const [side, next] of below.entries()) {
      const record = next === null ? nodes.length : 'data' in next ? nodes.length + 16 + next.data : next.number;
      tree.writeUIntBE(record, number * 6 + side * 3, 3);
    }
  }
  const uint16 = (value: number): Buffer => unsigned(TYPE.uint16, value);
  const metadata: [string, Buffer][] = [
    ['binary_format_major_version', uint16(2)],
    ['binary_format_minor_version', uint16(0)],
    ['build_epoch', unsigned(TYPE.uint64, BigInt(Date.UTC(2026, 0, 1) / 1000))],
    ['database_type', encode('Loglab-Demo-City')],
    ['description', encode({ en: 'Made-up places for the addresses that are kept for documentation' })],
    ['ip_version', uint16(6)],
    ['languages', encode(['en'])],
    ['node_count', encode(nodes.length)],
    ['record_size', uint16(24)],
  ];
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  const fields = metadata.flatMap(([name, value]) => [encode(name), value]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, control(TYPE.map, metadata.length), ...fields]);
}

writeFileSync(path.join(import.meta.dirname, 'demo.mmdb'), build());
