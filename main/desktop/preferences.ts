/** What the app remembers between runs, in `preferences.json` of Electron's folder for user data. What can not be read is forgotten. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app } from 'electron';
import * as v from 'valibot';

const schema = v.object({
  /** The window's place on the screen, in pixels that do not depend on its density. */
  bounds: v.optional(v.object({ x: v.number(), y: v.number(), width: v.number(), height: v.number() })),
  isMaximized: v.optional(v.boolean()),
  /** The workspace that was chosen last. */
  workspace: v.optional(v.string()),
});
export type Preferences = v.InferOutput<typeof schema>;

const file = () => path.join(app.getPath('userData'), 'preferences.json');

export function readPreferences(): Preferences {
  try {
    return v.parse(schema, JSON.parse(readFileSync(file(), 'utf8')));
  } catch {
    return {};
  }
}

/** Keeps what is not named as it is. */
export function writePreferences(changed: Preferences): void {
  const temporary = `${file()}.new`;
  try {
    writeFileSync(temporary, JSON.stringify({ ...readPreferences(), ...changed }, null, 2));
    renameSync(temporary, file());
  } catch {
    // A full or read-only disk costs the window's place, which is no reason to stop.
  }
}
