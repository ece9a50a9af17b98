/** The settings of a workspace. */
import type { Settings } from '../api/lab.ts';
import { VALUE_BYTES_MAX_DEFAULT } from '../api/values.ts';
import type { Catalog } from './catalog.ts';

export interface SettingsStore {
  get(): Settings;
  change(settings: Settings): Settings;
}

export function createSettings(catalog: Catalog): SettingsStore {
  const read = catalog.prepare<[string], string>('SELECT value FROM setting WHERE name = ?').pluck();
  const write = catalog.prepare('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  let settings: Settings = { valueBytesMax: Number(read.get('valueBytesMax') ?? VALUE_BYTES_MAX_DEFAULT) };
  return {
    get: () => settings,
    change(next) {
      write.run('valueBytesMax', String(next.valueBytesMax));
      settings = { ...next };
      return settings;
    },
  };
}
