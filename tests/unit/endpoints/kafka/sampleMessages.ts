/**
 * A message of every kind and version, with something in each of its fields, and the same as the JSON that Kafka's own code reads. Its bytes,
 * as that code writes them, are in recorded/ (tests/interop/kafka/messages.test.ts makes them and keeps them true).
 */
import { apiOf, type ApiName, apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { PRODUCE_VERSION_MIN } from '../../../../main/endpoints/kafka/apis/produce.ts';
import { type Field, type Fields, isWithin } from '../../../../main/endpoints/kafka/wire/fields.ts';

export type Direction = 'request' | 'response';

export interface Sample {
  api: ApiName;
  direction: Direction;
  version: number;
  /** What our code takes. */
  value: Record<string, unknown>;
  /** What Kafka's does. */
  json: Record<string, unknown>;
}

/** Two elements, the second with null wherever it may be. */
const ELEMENTS = 2;

export function samplesOf(name: ApiName): Sample[] {
  const declared = apiOf(name);
  // Kafka itself does not know the versions before any more.
  const min = name === 'produce' ? PRODUCE_VERSION_MIN : declared.min;
  const versions = Array.from({ length: declared.max - min + 1 }, (_, index) => min + index);
  return versions.flatMap((version) =>
    (['request', 'response'] as const).map((direction) => ({
      ...{ api: name, direction, version },
      ...struct(declared[direction], { version, flexible: version >= declared.flexibleFrom, prefersNull: false, at: { next: 1 } }),
    })),
  );
}

export const allSamples = (): Sample[] => (Object.keys(apis) as ApiName[]).flatMap(samplesOf);

interface Making {
  version: number;
  flexible: boolean;
  prefersNull: boolean;
  at: { next: number };
}

function struct(fields: Fields, making: Making): Pick<Sample, 'value' | 'json'> {
  const value: Record<string, unknown> = {};
  const json: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const isThere = isWithin(field.versions, making.version) && (field.tag === null || making.flexible);
    value[name] = field.fallback;
    if (!isThere) continue;
    const made = valueOf(name, field, making);
    value[name] = made.value;
    json[name] = made.json;
  }
  return { value, json };
}

function valueOf(name: string, field: Field<unknown>, making: Making): { value: unknown; json: unknown } {
  const number = making.at.next++;
  const isNullable = field.nullable !== null && isWithin(field.nullable, making.version);
  if (making.prefersNull && isNullable) return { value: null, json: null };
  const type = field.type.name;
  if (type === '[]struct') {
    const elements = Array.from({ length: ELEMENTS }, (_, index) => struct(field.fields!, { ...making, prefersNull: index > 0 }));
    return { value: elements.map((each) => each.value), json: elements.map((each) => each.json) };
  }
  if (type === 'struct') return struct(field.fields!, making);
  if (type === '[]int32') return same([number, -number]);
  if (type === '[]string') return same([`${name}-${number}`, '']);
  if (type === 'string') return same(`${name}-${number}-é`);
  if (type === 'bool') return same(number % 2 === 1);
  if (type === 'int64') return { value: 2n ** 40n + BigInt(number), json: 2 ** 40 + number };
  if (type === 'uuid') {
    const hex = number.toString(16).padStart(32, '1');
    const value = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { value, json: Buffer.from(hex, 'hex').toString('base64url') };
  }
  if (type === 'records') {
    const bytes = Buffer.from(`records ${number}`);
    return { value: bytes, json: bytes.toString('base64') };
  }
  return same(number);
}

const same = (value: unknown): { value: unknown; json: unknown } => ({ value, json: value });
