/** The web host over real HTTP: who is answered, with what, and who is not. */
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import { PAGE_PORT_DEFAULT } from '../../../main/web/listen.ts';
import { ask, startTestHost, type TestHost } from './fixtures/setUp.ts';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.close());

const withToken = (target: string) => `${target}?token=${host.token}`;

async function raw(text: string): Promise<string> {
  const socket = connectSocket(host.port, '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk as string;
  return answer;
}

describe('the token', () => {
  test('without one there is a page that says what to do', async () => {
    const answer = await ask(host.port, '/');
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('?token=…');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect((await ask(host.port, '/assets/index-0a1b2c3d.js')).status).toBe(401);
  });

  test('a wrong one is refused, of any length, also beside a right cookie', async () => {
    const cookie = (await ask(host.port, withToken('/'))).headers['set-cookie']![0]!.split(';')[0]!;
    for (const token of ['', 'x', host.token.slice(1), `${host.token}x`, 'A'.repeat(host.token.length)]) {
      expect((await ask(host.port, `/?token=${token}`)).status).toBe(401);
      expect((await ask(host.port, `/?token=${token}`, { cookie })).status).toBe(401);
    }
    expect((await ask(host.port, '/', { cookie: `loglab-${host.port}=wrong` })).status).toBe(401);
  });

  test('the right one gives the page and a cookie, and the cookie suffices from then on', async () => {
    const first = await ask(host.port, withToken('/'));
    expect(first.status).toBe(200);
    const [setCookie] = first.headers['set-cookie']!;
    expect(setCookie).toMatch(new RegExp(`^loglab-${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
    const again = await ask(host.port, '/', { cookie: `other=1; ${setCookie!.split(';')[0]}` });
    expect(again.status).toBe(200);
    expect(again.body).toContain('<title>Page</title>');
  });
});

describe('Host and Origin', () => {
  test.each(['evil.example', 'evil.example:{port}', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example:{port}', '0.0.0.0:{port}'])(
    'the host %j is refused before the token',
    async (name) => {
      const headers = { host: name.replace('{port}', String(host.port)) };
      expect((await ask(host.port, withToken('/'), headers)).status).toBe(403);
      expect((await ask(host.port, '/', headers)).status).toBe(403);
    },
  );

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('the host %s is ours', async (name) => {
    expect((await ask(host.port, withToken('/'), { host: `${name}:${host.port}` })).status).toBe(200);
  });

  test.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1:{port}', ''])(
    'the origin %j is refused before the token',
    async (name) => {
      const headers = { origin: name.replace('{port}', String(host.port)) };
      expect((await ask(host.port, withToken('/'), headers)).status).toBe(403);
      expect((await ask(host.port, '/', headers)).status).toBe(403);
    },
  );

  test('our own origin is answered', async () => {
    expect((await ask(host.port, withToken('/'), { origin: `http://localhost:${host.port}` })).status).toBe(200);
  });
});

describe('files', () => {
  test('have their type, a strict policy and their caching', async () => {
    const page = await ask(host.port, withToken('/'), { host: `localhost:${host.port}` });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain(`connect-src 'self' ws://localhost:${host.port};`);
    expect(policy).toContain("frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    const script = await ask(host.port, withToken('/assets/index-0a1b2c3d.js'));
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable',
    });
    expect(script.body).toContain('running');
  });

  test('that the browser has are not sent again', async () => {
    const { etag } = (await ask(host.port, withToken('/'))).headers;
    const again = await ask(host.port, withToken('/'), { 'if-none-match': etag! });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  test.each([
    '/../engine.ts',
    '/%2e%2e/engine.ts',
    '/..%2fengine.ts',
    '/assets/../../engine.ts',
    '/assets/..\\..\\engine.ts',
    '/%00',
    '/%',
    '/.hidden',
    '/page',
    '/assets',
  ])('nothing is at %s', async (target) => {
    const answer = await ask(host.port, withToken(target));
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('serializeError');
  });
});

describe('methods and malformed requests', () => {
  test('HEAD is answered without a body', async () => {
    const answer = await ask(host.port, withToken('/'), {}, 'HEAD');
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s is not allowed', async (method) => {
    const answer = await ask(host.port, withToken('/'), {}, method);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
    expect((await ask(host.port, '/', {}, method)).status).toBe(401);
  });

  test('each gets an HTTP answer', async () => {
    const ours = `Host: 127.0.0.1:${host.port}\r\nConnection: close\r\n\r\n`;
    expect(await raw('no HTTP at all\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`GET / HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 403 /);
    expect(await raw(`GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 403 /);
    expect(await raw(`GET http://127.0.0.1:${host.port}/ HTTP/1.1\r\n${ours}`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`GET //evil.example/ HTTP/1.1\r\n${ours}`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`OPTIONS * HTTP/1.1\r\n${ours}`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`CONNECT evil.example:443 HTTP/1.1\r\n${ours}`)).toMatch(/^HTTP\/1.1 405 /);
    expect(await raw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n${ours}`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(`POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n${ours}`)).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('the port', () => {
  test('that is asked for and taken is an error', async () => {
    await expect(startTestHost('/a/lab', { port: host.port })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(String(host.port)) as string,
    });
  });

  test('that is the default and taken gives way to the next', async () => {
    const squatter = createServer();
    squatter.listen(PAGE_PORT_DEFAULT, '127.0.0.1');
    // Where some other program has it already, that serves as well.
    await Promise.race([once(squatter, 'listening'), once(squatter, 'error')]).catch(() => {});
    const other = await startTestHost('/a/lab', { port: null });
    expect(other.port).toBeGreaterThan(PAGE_PORT_DEFAULT);
    await other.close();
    squatter.close();
  });
});

describe('starting', () => {
  test('says the sentence of an engine that can not start, and listens no more', async () => {
    await expect(startTestHost('/an/in-use/lab')).rejects.toMatchObject({
      code: 'workspace-in-use',
      message: 'The workspace is open in another lab.',
    });
    await expect(startTestHost('/a/crash')).rejects.toThrow('The engine ended before it was ready (exit code 3).');
  });

  test('says when there is no page', async () => {
    await expect(startTestHost('/a/lab', { pageFolder: '/nowhere' })).rejects.toThrow('npm run build');
  });

  test('can be given up', async () => {
    const signal = AbortSignal.timeout(10);
    await expect(startTestHost('/a/lab', { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
