const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Null for none; undefined where the bytes are not UTF-8. */
export function utf8OrNull(bytes: Uint8Array | null): string | null | undefined {
  if (bytes === null) return null;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
