/** `lab://page/`: the built page, served inside the app. It is an origin of its own, so nothing of `file://` or of a site is shared. */
import { protocol } from 'electron';
import type { PageFiles } from '../web/page.ts';
import { contentSecurityPolicy, isolationHeaders } from '../web/policy.ts';

const SCHEME = 'lab';
export const PAGE_ORIGIN = `${SCHEME}://page`;
export const PAGE_URL = `${PAGE_ORIGIN}/`;

/** To be called before the app is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

export function servePage(page: PageFiles): void {
  protocol.handle(SCHEME, (request) => respond(request, page));
}

function respond({ method, url }: Request, page: PageFiles): Response {
  const { host, pathname } = new URL(url);
  if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405, headers: isolationHeaders });
  const file = host === 'page' ? page.get(pathname) : undefined;
  if (!file) return new Response(null, { status: 404, headers: isolationHeaders });
  return new Response(method === 'HEAD' ? null : file.read(), {
    headers: {
      ...isolationHeaders,
      'Content-Security-Policy': contentSecurityPolicy([]),
      'Content-Type': file.type,
      'Cache-Control': file.cacheControl,
    },
  });
}

/** Whether an address is the page's, whatever its view (`#/streams/…`). */
export function isPage(url: string): boolean {
  return url === PAGE_URL || url.startsWith(`${PAGE_URL}#`);
}
