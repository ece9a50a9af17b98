/** The headers that keep the page to itself, in both hosts. */

/**
 * Styles may be inline: the editor puts its own style element into the page. Scripts may not, nor may anything come from elsewhere.
 * @param connections what the page may connect to besides where it came from
 */
export function contentSecurityPolicy(connections: string[]): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src ${["'self'", ...connections].join(' ')}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

/** For every answer, whatever it is. */
export const isolationHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;
