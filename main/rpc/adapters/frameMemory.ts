/** Memory for large frames, kept for the next ones when nobody looks at theirs any more. One for all ports of a process. */

/** What is kept, bytes. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

const kept: Uint8Array[] = [];
let keptBytes = 0;

/** So many bytes, whatever they are. */
export function takeFrame(bytes: number): Uint8Array {
  const at = kept.findLastIndex((memory) => memory.byteLength >= bytes);
  if (at < 0) return Buffer.allocUnsafeSlow(bytes);
  const [memory] = kept.splice(at, 1) as [Uint8Array];
  keptBytes -= memory.byteLength;
  return memory.subarray(0, bytes);
}

/** What was taken. Those that were given back longest ago make room for it: they may be too small for what comes now. */
export function giveFrameBack(frame: Uint8Array): void {
  const memory = new Uint8Array(frame.buffer);
  if (memory.byteLength > KEPT_BYTES_MAX) return;
  kept.push(memory);
  keptBytes += memory.byteLength;
  while (keptBytes > KEPT_BYTES_MAX) keptBytes -= kept.shift()!.byteLength;
}
