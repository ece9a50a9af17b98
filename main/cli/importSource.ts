/** Where the bytes of an import come from: a file, or stdin. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { PIECE_BYTES_MAX } from '../api/imports.ts';
import { readableSize, unreadable } from './readableFile.ts';

export interface ImportSource {
  /** As the job is called. */
  name: string;
  /** Null where it is not known before all was read. Rejects with `file-unreadable`. */
  size(): Promise<number | null>;
  /** Pieces of at most PIECE_BYTES_MAX, from a byte on. Throws `file-unreadable` for what can not be read, or ends before the size that was said. */
  pieces(from: number): AsyncIterable<Uint8Array>;
  /** Some of its bytes, fewer where it is shorter; null where they can not be had without being taken. Rejects with `file-unreadable`. */
  bytes: ((from: number, to: number) => Promise<Uint8Array>) | null;
}

export function fromFile(file: string): ImportSource {
  let total = 0;
  return {
    name: path.basename(file),
    size: async () => (total = await readableSize(file)),
    async *pieces(from) {
      let read = from;
      try {
        for await (const piece of createReadStream(file, { start: from, highWaterMark: PIECE_BYTES_MAX }) as AsyncIterable<Buffer>) {
          read += piece.length;
          yield piece;
        }
      } catch (error) {
        throw unreadable(file, error);
      }
      if (read < total) throw new LabError('file-unreadable', `${file} became shorter while it was read: ${read} of ${total} bytes came.`);
    },
    async bytes(from, to) {
      try {
        await using handle = await open(file);
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
        return buffer.subarray(0, bytesRead);
      } catch (error) {
        throw unreadable(file, error);
      }
    },
  };
}

export function fromStdin(stdin: AsyncIterable<Buffer>): ImportSource {
  return {
    name: 'stdin',
    size: () => Promise.resolve(null),
    bytes: null,
    async *pieces() {
      for await (const chunk of stdin) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES_MAX) yield chunk.subarray(at, at + PIECE_BYTES_MAX);
      }
    },
  };
}
