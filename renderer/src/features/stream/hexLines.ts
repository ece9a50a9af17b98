/** Bytes as lines of offset, hex and ASCII. */

export interface HexLine {
  offset: string;
  hex: string;
  ascii: string;
}

/** Some lines of the dump: from line `first` up to `end`. */
export function hexLines(bytes: Uint8Array, first: number, end: number, width: number): HexLine[] {
  const digits = Math.max(4, bytes.length.toString(16).length);
  const lines: HexLine[] = [];
  for (let line = first; line < end && line * width < bytes.length; line++) {
    const part = bytes.subarray(line * width, (line + 1) * width);
    lines.push({
      offset: (line * width).toString(16).padStart(digits, '0'),
      hex: hexOf(part).padEnd(width * 3 - 1),
      ascii: Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    });
  }
  return lines;
}

export const hexLineCount = (bytes: Uint8Array, width: number): number => Math.ceil(bytes.length / width);

/** `0a 1b 2c`. */
export const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
