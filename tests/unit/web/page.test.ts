import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closePage, loadPage } from '../../../main/web/page.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lab-page-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(folder, 'assets', 'index-3fa9c1.js'), 'export {};');
  writeFileSync(path.join(folder, 'assets', 'index-3fa9c1.js.map'), '{}');
  writeFileSync(path.join(folder, 'assets', 'empty-000000.css'), '');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

it('gives its files again and again, also when another build has taken their place', () => {
  const page = loadPage(folder);
  renameSync(folder, `${folder}.old`);
  rmSync(`${folder}.old`, { recursive: true });
  expect([...page.keys()].sort()).toEqual(['/', '/assets/empty-000000.css', '/assets/index-3fa9c1.js', '/index.html']);
  for (let time = 0; time < 2; time++) {
    expect(text(page.get('/')?.read())).toBe('<!doctype html>');
    expect(text(page.get('/assets/index-3fa9c1.js')?.read())).toBe('export {};');
  }
  expect(page.get('/assets/empty-000000.css')?.read()).toHaveLength(0);
  closePage(page);
});

it('names a version of each: that in the name of an asset, and else its content', () => {
  const page = loadPage(folder);
  const etag = page.get('/')?.etag;
  expect(page.get('/assets/index-3fa9c1.js')).toMatchObject({ etag: '"index-3fa9c1.js"', size: 10 });
  closePage(page);
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html> ');
  const other = loadPage(folder);
  expect(other.get('/')?.etag).not.toBe(etag);
  closePage(other);
});

it('a file that was cut short is an error, not half a file', () => {
  const page = loadPage(folder);
  truncateSync(path.join(folder, 'assets', 'index-3fa9c1.js'), 3);
  expect(() => page.get('/assets/index-3fa9c1.js')?.read()).toThrow(/was cut short/);
  closePage(page);
});
