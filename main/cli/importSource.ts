/** Where the bytes of an import come from: a file, or stdin. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { PIECE_BYTES_MAX } from '../api/imports.ts';
import { readableSize, unreadable } from './readableFile.ts';

export interface ImportSource {
  /** As the job is called. */
  name: string;
  /** Null where it is not known before all was read. Rejects with `file-unreadable`. */
  size(): Promise<number | null>;
  /** Pieces of at most PIECE_BYTES_MAX. Throws `file-unreadable` for what can not be read, or ends before the size that was said. */
  pieces(): AsyncIterable<Uint8Array>;
}

export function fromFile(file: string): ImportSource {
  let total = 0;
  return {
    name: path.basename(file),
    size: async () => (total = await readableSize(file)),
    async *pieces() {
      let read = 0;
      try {
        for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES_MAX }) as AsyncIterable<Buffer>) {
          read += piece.length;
          yield piece;
        }
      } catch (error) {
        throw unreadable(file, error);
      }
      if (read < total) throw new LabError('file-unreadable', `${file} became shorter while it was read: ${read} of ${total} bytes came.`);
    },
  };
}

export function fromStdin(stdin: AsyncIterable<Buffer>): ImportSource {
  return {
    name: 'stdin',
    size: () => Promise.resolve(null),
    async *pieces() {
      for await (const chunk of stdin) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES_MAX) yield chunk.subarray(at, at + PIECE_BYTES_MAX);
      }
    },
  };
}
