/** Opening: what is no file of ours is refused, and left as it was. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreReader } from '../../../../main/log/index.ts';
import { fromSqlite } from '../../../../main/log/store/sqliteError.ts';
import { appended, batchOf, oneShard, open, temporaryFolder } from './folder.ts';

const NOBODY = 65_534;

describe('openStore', () => {
  it('makes a file with the settings the log needs', () => {
    const path = join(temporaryFolder(), 'broker.db');
    open(path).close();
    const db = new Database(path);
    expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('page_size', { simple: true })).toBe(16_384);
    expect(db.prepare(`SELECT value FROM meta WHERE name = 'format'`).pluck().get()).toBe(4);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  it('refuses a newer format, naming both', () => {
    const path = join(temporaryFolder(), 'broker.db');
    open(path).close();
    const db = new Database(path);
    db.exec(`UPDATE meta SET value = 7 WHERE name = 'format'`);
    db.close();
    expect(() => open(path)).toThrow(
      expect.objectContaining({ code: 'format-too-new', message: expect.stringMatching(/format 7.*format 4/) }),
    );
  });

  it('refuses another broker’s file', () => {
    const path = join(temporaryFolder(), 'broker.db');
    open(path, { brokerId: 2 }).close();
    expect(() => open(path)).toThrow(
      expect.objectContaining({ code: 'not-a-log', message: expect.stringMatching(/broker 2, not to broker 1/) }),
    );
  });

  it('refuses a file that is no SQLite file, and one that is somebody else’s', () => {
    const folder = temporaryFolder();
    const text = join(folder, 'text.db');
    writeFileSync(text, 'Not a database at all. '.repeat(300));
    expect(() => open(text)).toThrow(expect.objectContaining({ code: 'not-a-log' }));
    const foreign = join(folder, 'foreign.db');
    const db = new Database(foreign);
    db.exec('CREATE TABLE bookmark (url TEXT)');
    db.close();
    const before = readFileSync(foreign);
    expect(() => open(foreign)).toThrow(expect.objectContaining({ code: 'not-a-log' }));
    expect(readFileSync(foreign).equals(before)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('says that a folder is missing or read-only', () => {
    const folder = temporaryFolder();
    expect(() => open(join(folder, 'missing', 'broker.db'))).toThrow(expect.objectContaining({ code: 'workspace-unwritable' }));
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    open(join(locked, 'old.db')).close();
    chmodSync(folder, 0o755);
    chmodSync(locked, 0o555);
    chmodSync(join(locked, 'old.db'), 0o444);
    if (process.getuid?.() === 0) {
      // Root may write anywhere.
      process.seteuid?.(NOBODY);
      onTestFinished(() => process.seteuid?.(0));
    }
    for (const name of ['new.db', 'old.db']) {
      expect(() => open(join(locked, name))).toThrow(expect.objectContaining({ code: 'workspace-unwritable' }));
    }
    process.seteuid?.(process.getuid?.() ?? 0);
  });
});

describe('a reader of its own', () => {
  it('sees each commit, and cannot write', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const id = oneShard(store);
    const reader = new StoreReader(path);
    const ends = [1, 2].map((count) => {
      appended(store, batchOf(id, count));
      return reader.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1e6 }).endOffset;
    });
    expect(ends).toEqual([1n, 3n]);
    reader.close();
    store.close();
  });
});

it('a full disk is said as such', () => {
  const path = join(temporaryFolder(), 'small.db');
  const db = new Database(path);
  db.pragma('max_page_count = 3');
  db.exec('CREATE TABLE t (b BLOB)');
  let thrown: unknown;
  try {
    db.prepare('INSERT INTO t VALUES (?)').run(Buffer.alloc(100_000));
  } catch (error) {
    thrown = error;
  }
  expect(fromSqlite(thrown, path)).toMatchObject({ code: 'disk-full', retriable: true });
  db.close();
});
