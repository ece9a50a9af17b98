/** The processes that tests start are the built ones. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export default function buildPrograms(): void {
  execFileSync(process.execPath, [path.join(import.meta.dirname, '../main/build.ts')], { stdio: ['ignore', 2, 2] });
}
