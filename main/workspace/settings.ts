/** The settings of a workspace. */
import type { Settings } from '../api/lab.ts';
import { VALUE_BYTES_MAX_DEFAULT } from '../api/values.ts';
import type { Catalog } from './catalog.ts';

export interface SettingsStore {
  get(): Settings;
  change(named: { [N in keyof Settings]?: Settings[N] | undefined }): Settings;
  /** Calls back after each {@link change}; the answer stops that. */
  onChange(listener: () => void): () => void;
  /** How many brokers the workspace has; they are numbered from 1. */
  brokers(): number;
  setBrokers(brokers: number): void;
}

export function createSettings(catalog: Catalog): SettingsStore {
  const read = catalog.prepare<[string], string>('SELECT value FROM setting WHERE name = ?').pluck();
  const write = catalog.prepare('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  let settings: Settings = {
    valueBytesMax: Number(read.get('valueBytesMax') ?? VALUE_BYTES_MAX_DEFAULT),
    durability: read.get('durability') === 'fast' ? 'fast' : 'safe',
  };
  const listeners = new Set<() => void>();
  return {
    get: () => settings,
    change(named) {
      const next: Settings = {
        valueBytesMax: named.valueBytesMax ?? settings.valueBytesMax,
        durability: named.durability ?? settings.durability,
      };
      catalog.transaction(() => {
        write.run('valueBytesMax', String(next.valueBytesMax));
        write.run('durability', next.durability);
      })();
      settings = next;
      for (const tell of listeners) tell();
      return settings;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    brokers: () => Number(read.get('brokers') ?? 1),
    setBrokers: (brokers) => void write.run('brokers', String(brokers)),
  };
}
