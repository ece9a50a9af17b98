/** How the reason of a close goes over a WebSocket (RFC 6455, 5.5.1 and 7.4). */

/** The longest reason in a close frame, bytes of UTF-8: a control frame's 125 less the code. */
const CLOSE_REASON_BYTES_MAX = 123;

/** 1000 is a normal close. A browser lets a page send only that or 3000–4999, so ours with a reason is 4000. */
export function closeArguments(reason?: string): [code: number, reason: string] {
  if (!reason) return [1000, ''];
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(CLOSE_REASON_BYTES_MAX));
  return [4000, reason.slice(0, read)];
}
