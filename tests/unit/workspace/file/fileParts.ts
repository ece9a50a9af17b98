/** A workspace's file taken apart and put together again, to change what is in it. */
import { createHash } from 'node:crypto';
import { TAR_END, tarHeader, tarPadding, TarReader } from '../../../../main/workspace/file/tar.ts';

export interface FilePart {
  name: string;
  content: Buffer;
}

export function partsOf(file: Buffer): FilePart[] {
  const parts: FilePart[] = [];
  const reader = new TarReader();
  let name = '';
  let bytes: Buffer[] = [];
  for (const part of reader.push(file)) {
    if (part.kind === 'begin') [name, bytes] = [part.name, []];
    else if (part.kind === 'bytes') bytes.push(Buffer.from(part.bytes));
    else parts.push({ name, content: Buffer.concat(bytes) });
  }
  reader.finish();
  return parts;
}

export function fileOf(parts: FilePart[]): Buffer {
  const files = parts.flatMap(({ name, content }) => [tarHeader(name, content.length, 0), content, tarPadding(content.length)]);
  return Buffer.concat([...files, TAR_END]);
}

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const parsed = ({ content }: FilePart): Record<string, unknown> => JSON.parse(content.toString()) as Record<string, unknown>;

/** As someone would who wants to be believed: all checksums are right. */
export function resummed(parts: FilePart[]): FilePart[] {
  const all = createHash('sha256');
  return parts.map((part) => {
    let { content } = part;
    if (part.name.endsWith('/sums.json')) {
      const sha256 = createHash('sha256');
      const shard = part.name.replace('sums.json', '');
      for (const each of parts) if (each.name.startsWith(shard) && each.name.endsWith('.batches')) sha256.update(each.content);
      content = json({ ...parsed(part), sha256: sha256.digest('hex') });
    }
    if (part.name === 'end.json') content = json({ sha256: all.digest('hex') });
    else if (!part.name.endsWith('.batches')) all.update(part.name).update(content);
    return { name: part.name, content };
  });
}

/** The parts with one of them changed, every checksum made right again. */
export function changed(parts: FilePart[], name: string, change: (value: Record<string, unknown>) => unknown): Buffer {
  return fileOf(resummed(parts.map((part) => (part.name === name ? { name, content: json(change(parsed(part))) } : part))));
}
