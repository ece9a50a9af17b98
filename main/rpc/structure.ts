/**
 * Whether bytes are exactly one MessagePack value, found out without allocating anything. The decoder makes room for an
 * array as long as its header claims before it has seen an element: a few kilobytes of nested headers could ask for
 * gigabytes. Here every claimed element must be covered by at least one byte that is really there.
 *
 *   head byte   value                       after the head byte
 *   00–7f e0–ff small integer               –
 *   80–8f       map of n pairs              2n values
 *   90–9f       array of n                  n values
 *   a0–bf       string of n bytes           n bytes
 *   c0 c2 c3    null, false, true           –
 *   c4 c5 c6    binary                      length of 1, 2, 4 bytes, then as many bytes
 *   c7 c8 c9    extension                   refused, as are d4–d8
 *   ca cb       float                       4, 8 bytes
 *   cc–cf d0–d3 integer                     1, 2, 4, 8 bytes
 *   d9 da db    string                      length of 1, 2, 4 bytes, then as many bytes
 *   dc dd       array                       count of 2, 4 bytes, then as many values
 *   de df       map                         count of 2, 4 bytes, then twice as many values
 */
import { VALUE_DEPTH_MAX } from './limits.ts';

/** Throws an Error that says what is wrong. */
export function checkStructure(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come at each open level; the sum of all levels is `owed`. */
  const levels = [1];
  let owed = 1;
  let at = 0;
  while (levels.length > 0) {
    const level = levels.length - 1;
    if (levels[level] === 0) {
      levels.pop();
      continue;
    }
    if (owed > bytes.length - at) throw new Error('it ends too early');
    levels[level]!--;
    owed--;
    const head = bytes[at++]!;
    const children = childrenOf(head, view, at);
    at += bytesAfter(head, view, at);
    if (children === 0) continue;
    if (levels.length > VALUE_DEPTH_MAX) throw new Error(`it is deeper than ${VALUE_DEPTH_MAX} levels`);
    levels.push(children);
    owed += children;
  }
  if (at !== bytes.length) throw new Error(at > bytes.length ? 'it ends too early' : 'it goes on after its end');
}

function childrenOf(head: number, view: DataView, at: number): number {
  if (head < 0x80 || head > 0xdf) return 0;
  if (head < 0x90) return 2 * (head & 0x0f);
  if (head < 0xa0) return head & 0x0f;
  if (head === 0xdc) return view.getUint16(at);
  if (head === 0xdd) return view.getUint32(at);
  if (head === 0xde) return 2 * view.getUint16(at);
  if (head === 0xdf) return 2 * view.getUint32(at);
  return 0;
}

/** Bytes that follow a head and belong to it; the values inside arrays and maps are not among them. */
function bytesAfter(head: number, view: DataView, at: number): number {
  if (head < 0xa0 || head > 0xdf) return 0;
  if (head < 0xc0) return head & 0x1f;
  switch (head) {
    case 0xc0:
    case 0xc2:
    case 0xc3: return 0; // prettier-ignore
    case 0xcc:
    case 0xd0: return 1; // prettier-ignore
    case 0xcd:
    case 0xd1:
    case 0xdc:
    case 0xde: return 2; // prettier-ignore
    case 0xca:
    case 0xce:
    case 0xd2:
    case 0xdd:
    case 0xdf: return 4; // prettier-ignore
    case 0xcb:
    case 0xcf:
    case 0xd3: return 8; // prettier-ignore
    case 0xc4:
    case 0xd9: return 1 + view.getUint8(at); // prettier-ignore
    case 0xc5:
    case 0xda: return 2 + view.getUint16(at); // prettier-ignore
    case 0xc6:
    case 0xdb: return 4 + view.getUint32(at); // prettier-ignore
    default: throw new Error(`0x${head.toString(16)} starts no value`); // prettier-ignore
  }
}
