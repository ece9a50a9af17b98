/**
 * Who may speak to the lab over HTTP. Host and Origin are checked before the token: a page of another site that has made its own name
 * point to 127.0.0.1 (DNS rebinding), or that connects a WebSocket to us, is turned away whatever it holds.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Bytes of a token: beyond guessing. */
const TOKEN_BYTES = 32;

export interface Refusal {
  status: 401 | 403;
  message: string;
}

export interface Access {
  readonly token: string;
  /** Null where the request may be answered. */
  refusal(request: IncomingMessage, url: URL): Refusal | null;
  /** The Set-Cookie that lets a page go on without the token in its address. */
  readonly cookie: string;
}

export function createAccess(port: number): Access {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((host) => new URL(`http://${host}`).origin));
  // A browser sends a host's cookies to all of its ports: the name tells labs apart.
  const cookieName = `loglab-${port}`;

  function presented(request: IncomingMessage, url: URL): string | undefined {
    return url.searchParams.get('token') ?? cookieNamed(cookieName, request.headers.cookie);
  }

  return {
    token,
    cookie: `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    refusal(request, url) {
      if (!hosts.has(hostOf(request))) return { status: 403, message: 'The lab answers only under 127.0.0.1 and localhost.' };
      const { origin } = request.headers;
      if (origin !== undefined && !origins.has(origin)) return { status: 403, message: 'Pages of other sites may not speak to the lab.' };
      const given = presented(request, url);
      if (given === undefined) return { status: 401, message: 'This address needs the token that belongs to it.' };
      if (!areEqual(given, token))
        return { status: 401, message: 'This token is not the running lab’s. Each start of the lab makes a new one.' };
      return null;
    },
  };
}

function hostOf(request: IncomingMessage): string {
  const host = request.headers.host?.toLowerCase() ?? '';
  // Port 80 is the one that browsers leave out.
  return /:\d+$/.test(host) ? host : `${host}:80`;
}

function cookieNamed(name: string, header: string | undefined): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** In a time that does not depend on where they differ. */
function areEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
