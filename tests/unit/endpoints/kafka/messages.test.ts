/** The messages of the protocol against bytes that Kafka's own code has written, and against bytes that nobody should send. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../../../main/api/errors.ts';
import { type ApiName, apiOf, apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { readHeader, readRequest, readResponse, writeRequest, writeResponse } from '../../../../main/endpoints/kafka/wire/api.ts';
import { ELEMENTS_MAX } from '../../../../main/endpoints/kafka/wire/reader.ts';
import { type Sample, samplesOf } from './sampleMessages.ts';

function recordedOf(api: ApiName): Map<string, Buffer> {
  const text = readFileSync(path.join(import.meta.dirname, `recorded/${api}.txt`), 'utf8');
  const lines = text.trim().split('\n');
  return new Map(
    lines
      .map((line) => line.split(' ') as [string, string, string])
      .map(([direction, version, hex]) => [`${direction} ${version}`, Buffer.from(hex, 'hex')]),
  );
}

const withoutLength = (pieces: Uint8Array[]): Buffer => Buffer.concat(pieces).subarray(4);

function written({ api, direction, version, value }: Sample): Buffer {
  const declared = apiOf(api);
  if (direction === 'request') return withoutLength(writeRequest(declared, { version, correlationId: 7, clientId: 'a client' }, value));
  return withoutLength(writeResponse(declared, version, 7, value));
}

function read({ api, direction, version }: Sample, frame: Buffer): unknown {
  const declared = apiOf(api);
  if (direction === 'response') return readResponse(declared, version, frame).body;
  const { header, at } = readHeader(frame);
  expect(header).toEqual({ key: declared.key, version, correlationId: 7, clientId: 'a client' });
  return readRequest(declared, version, frame, at);
}

describe.each(Object.keys(apis) as ApiName[])('%s', (api) => {
  const recorded = recordedOf(api);

  test.each(samplesOf(api))('$direction $version is written and read as Kafka does', (sample) => {
    const bytes = recorded.get(`${sample.direction} ${sample.version}`)!;
    expect(written(sample).toString('hex')).toBe(bytes.toString('hex'));
    expect(read(sample, bytes)).toEqual(sample.value);
  });
});

test('cut off anywhere, a request is refused as malformed', () => {
  for (const api of Object.keys(apis) as ApiName[]) {
    const declared = apiOf(api);
    for (const [name, bytes] of recordedOf(api)) {
      const version = Number(name.split(' ')[1]);
      if (name.startsWith('response')) continue;
      for (let length = 8; length < bytes.length; length++) {
        expect(outcome(() => readAll(declared.key, version, bytes.subarray(0, length)))).toBe('protocol');
      }
    }
  }
});

test('whatever is changed in a request, it is read or refused, and nothing else', () => {
  const frames = (Object.keys(apis) as ApiName[]).flatMap((api) =>
    [...recordedOf(api)].filter(([name]) => name.startsWith('request')).map(([, bytes]) => bytes),
  );
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.nat({ max: frames.length - 1 }), changes, (index, bytes) => {
      const frame = Buffer.from(frames[index]!);
      for (const [at, value] of bytes) frame[4 + (at % (frame.length - 4))] = value;
      expect(outcome(() => readAll(frame.readInt16BE(0), frame.readInt16BE(2), frame))).toMatch(/^(read|protocol)$/);
    }),
    { numRuns: 5_000 },
  );
});

test('an array that says it has more elements than bytes, or than a message may have, is refused before room is made for it', () => {
  const frame = Buffer.alloc(100);
  frame.writeInt32BE(2 ** 31 - 1, 0);
  expect(() => readRequest(apis.metadata, 0, frame, 0)).toThrow('an array of 2147483647 elements in 96 bytes');
  const long = Buffer.alloc(4 + 3 * ELEMENTS_MAX);
  long.writeInt32BE(ELEMENTS_MAX + 1, 0);
  expect(() => readRequest(apis.metadata, 0, long, 0)).toThrow('ELEMENTS_MAX');
});

test('tagged fields that nobody knows are passed over', () => {
  const body = Buffer.concat([Buffer.from([0, 1, 5, 2, 0xff, 0xff]), Buffer.from([2, 0x61, 2, 0x62]), Buffer.from([1, 9, 1, 0xff])]);
  // Behind the header: its own tagged fields (none), then the two strings, then one unknown field of one byte.
  expect(readRequest(apis.apiVersions, 3, Buffer.concat([body.subarray(0, 1), body.subarray(6)]), 0)).toEqual({
    clientSoftwareName: 'a',
    clientSoftwareVersion: 'b',
  });
});

function readAll(key: number, version: number, frame: Buffer): void {
  const name = (Object.keys(apis) as ApiName[]).find((each) => apis[each].key === key);
  const { at } = readHeader(frame);
  if (name) readRequest(apiOf(name), version, frame, at);
}

function outcome(work: () => void): string {
  try {
    work();
    return 'read';
  } catch (error) {
    return error instanceof LabError ? error.code : String(error);
  }
}
