/** Hands a blob to the user as a file: the browser's download, which both hosts have. */

/** The browser has taken the blob up by then, milliseconds. */
const RELEASE_MS = 60_000;

export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), RELEASE_MS);
}
