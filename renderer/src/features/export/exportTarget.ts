/** Where an export goes: straight into a file that the user picks, where the browser can do that, else a download at the end. */
import { LabError } from '../../../../main/api/errors.ts';
import { writesPickedFiles } from '../../transport/index.ts';
import { formatByteLimit } from '../../ui/format.ts';
import { saveFile } from '../../ui/saveFile.ts';

/** Most bytes of a download that is gathered first. A browser keeps blobs beside the page, yet not without end. */
export const DOWNLOAD_BYTES_MAX = 512 * 1024 * 1024;

export interface ExportTarget {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Everything is written: the file is there from now on. */
  keep(): Promise<void>;
  /** Nothing of it is kept. */
  discard(): Promise<void>;
}

interface PickedFile {
  /** Not in every browser that can write. */
  remove?: () => Promise<void>;
  createWritable(): Promise<{ write(bytes: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void>; abort(): Promise<void> }>;
}
type Pick = (options: { suggestedName: string }) => Promise<PickedFile>;

const LESS_AT_ONCE = 'Choose a smaller range, or use the command: loglab export.';

/**
 * Asks where, where it can be asked: to be called right after a click. Null where the user thought better of it. `otherwise` is a sentence:
 * what to do where it is too much for a download.
 */
export async function chooseTarget(name: string, otherwise = LESS_AT_ONCE): Promise<ExportTarget | null> {
  const pick = (globalThis as { showSaveFilePicker?: Pick }).showSaveFilePicker;
  if (!pick || !writesPickedFiles) return createDownload(name, DOWNLOAD_BYTES_MAX, otherwise);
  try {
    const file = await pick({ suggestedName: name });
    const writable = await file.createWritable();
    return {
      write: (bytes) => writable.write(bytes),
      keep: () => writable.close(),
      async discard() {
        // Picking a file has made an empty one of it, which nobody is to take for an export of nothing.
        await writable.abort().finally(() => file.remove?.());
      },
    };
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
    // Not allowed here, by the browser's policy.
    return createDownload(name, DOWNLOAD_BYTES_MAX, otherwise);
  }
}

export function createDownload(name: string, bytesMax = DOWNLOAD_BYTES_MAX, otherwise = LESS_AT_ONCE): ExportTarget {
  let parts: Blob[] = [];
  let bytes = 0;
  return {
    write(part) {
      bytes += part.length;
      if (bytes > bytesMax) {
        const most = formatByteLimit(bytesMax);
        return Promise.reject(new LabError('too-many', `This browser can only download ${most} at once. ${otherwise}`));
      }
      // Each a blob of its own, so that the page need not hold it.
      parts.push(new Blob([part]));
      return Promise.resolve();
    },
    keep() {
      saveFile(new Blob(parts, { type: 'application/octet-stream' }), name);
      parts = [];
      return Promise.resolve();
    },
    discard() {
      parts = [];
      return Promise.resolve();
    },
  };
}
