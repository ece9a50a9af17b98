/** What the app was started with. Chromium's and Electron's own switches are among it and are left to them. */
import { parseArgs } from 'node:util';
import { userPath } from '../web/layout.ts';

/** The workspace that was asked for, absolute, or null. */
export function askedWorkspace(argv: string[]): string | null {
  const { values } = parseArgs({ args: argv.slice(1), options: { workspace: { type: 'string' } }, strict: false });
  return typeof values.workspace === 'string' && values.workspace !== '' ? userPath(values.workspace) : null;
}
