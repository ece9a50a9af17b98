/**
 * The built page as both hosts serve it. All its files are opened when it is loaded: what is not among them does not exist, so no path leads
 * out of the folder, and a build beside a running lab does not pull the page from under it. They are read when they are asked for: most are
 * not, and together they have 6 MB. Source maps are left out: they are four times as large as all the rest, and no page asks for them.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { LabError } from '../api/errors.ts';

export interface PageFile {
  /** Bytes. */
  size: number;
  /** Throws where the disk does. */
  read(): Uint8Array<ArrayBuffer>;
  close(): void;
  type: string;
  etag: string;
  cacheControl: string;
}

/** The files by their path in URLs: `/`, `/assets/index-3fa9c1.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Throws where there is no page in the folder. */
export function loadPage(folder: string): PageFiles {
  const files = new Map<string, PageFile>();
  for (const entry of readFolder(folder)) {
    if (!entry.isFile() || entry.name.startsWith('.') || entry.name.endsWith('.map')) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(`/${path.relative(folder, file).split(path.sep).join('/')}`, openPageFile(file));
  }
  const index = files.get('/index.html');
  if (!index) throw new LabError('file-unreadable', `There is no page in ${folder}. Build it with “npm run build”.`);
  return files.set('/', index);
}

export function closePage(page: PageFiles): void {
  for (const file of new Set(page.values())) file.close();
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new LabError('file-unreadable', `The page in ${folder} can not be read. Build it with “npm run build”.`, { cause: error });
  }
}

function openPageFile(file: string): PageFile {
  const descriptor = openSync(file, 'r');
  const { size } = fstatSync(descriptor);
  const read = (): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const got = readSync(descriptor, bytes, at, size - at, at);
      if (got === 0) throw new LabError('file-unreadable', `${file} was cut short. Build the page with “npm run build”.`);
      at += got;
    }
    return bytes;
  };
  // Vite puts a hash of its content into the name of each file that it emits to assets/.
  const isHashed = path.basename(path.dirname(file)) === 'assets';
  const version = isHashed ? path.basename(file) : createHash('sha256').update(read()).digest('base64url').slice(0, 22);
  return {
    ...{ size, read, close: () => closeSync(descriptor) },
    type: types[path.extname(file)] ?? 'application/octet-stream',
    etag: `"${version}"`,
    cacheControl: isHashed ? 'private, max-age=31536000, immutable' : 'no-cache',
  };
}
