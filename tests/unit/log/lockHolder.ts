/** A process of lock.test.ts: takes the lock, says so, and holds it until it is killed. */
import { writeSync } from 'node:fs';
import { acquireLock } from '../../../main/log/index.ts';

await acquireLock(process.argv[2] as string, { program: 'Other Lab', pid: process.pid, since: '2026-01-02T03:04:05.000Z' }, { waitMs: 0 });
writeSync(1, 'held\n');
setInterval(() => {}, 1000);
