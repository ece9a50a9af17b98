/** The JSON parts of a workspace's file: written, read, and held against what they must be. */
import * as v from 'valibot';
import { LabError } from '../../api/errors.ts';
import { WORKSPACE_HEAD_BYTES_MAX } from '../../api/workspace.ts';
import { damaged } from './tar.ts';

/** Largest JSON part of a file, bytes; the manifest must fit into the head that a preview looks at (api/workspace.ts) with its tar header. */
export const JSON_BYTES_MAX = WORKSPACE_HEAD_BYTES_MAX - 1024;

const INT64_MAX = 2n ** 63n - 1n;

export const int64 = v.pipe(
  v.string(),
  v.regex(/^\d{1,19}$/),
  v.transform((digits) => BigInt(digits)),
  v.maxValue(INT64_MAX),
);
export const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const isoTime = v.pipe(v.string(), v.isoTimestamp());

/** JSON with offsets as decimal strings. Throws `too-many` beyond {@link JSON_BYTES_MAX}. */
export function toFileJson(value: object): Buffer {
  const json = Buffer.from(`${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}\n`);
  if (json.length <= JSON_BYTES_MAX) return json;
  throw new LabError(
    'too-many',
    `The list of streams and processors is larger than a workspace’s file can hold (${JSON_BYTES_MAX} bytes).`,
  );
}

export function jsonFrom(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw damaged(`its part ${file} can not be read`, cause);
  }
}

/** Throws `file-unreadable`. */
export function checked<S extends v.GenericSchema>(schema: S, value: unknown, file: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(`its part ${file} does not hold what it should (${v.getDotPath(issue) ?? 'as a whole'}: ${issue.message})`);
}

/** Throws `file-unreadable` where it is no text in UTF-8. */
export function textFrom(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw damaged(`its part ${file} is no text`, cause);
  }
}
