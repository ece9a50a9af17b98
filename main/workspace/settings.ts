/** The settings of a workspace. */
import { randomBytes } from 'node:crypto';
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
  /** What the lab calls itself to Kafka's clients: 22 characters of base64, drawn once. */
  clusterId(): string;
}

export function createSettings(catalog: Catalog): SettingsStore {
  const read = catalog.prepare<[string], string>('SELECT value FROM setting WHERE name = ?').pluck();
  const write = catalog.prepare('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  let settings: Settings = {
    valueBytesMax: Number(read.get('valueBytesMax') ?? VALUE_BYTES_MAX_DEFAULT),
    durability: read.get('durability') === 'fast' ? 'fast' : 'safe',
    topicsMadeOnUse: read.get('topicsMadeOnUse') !== 'false',
    topicShards: Number(read.get('topicShards') ?? 1),
  };
  const listeners = new Set<() => void>();
  return {
    get: () => settings,
    change(named) {
      const next: Settings = {
        valueBytesMax: named.valueBytesMax ?? settings.valueBytesMax,
        durability: named.durability ?? settings.durability,
        topicsMadeOnUse: named.topicsMadeOnUse ?? settings.topicsMadeOnUse,
        topicShards: named.topicShards ?? settings.topicShards,
      };
      catalog.transaction(() => {
        for (const [name, value] of Object.entries(next)) write.run(name, String(value));
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
    clusterId() {
      const known = read.get('clusterId');
      if (known !== undefined) return known;
      const drawn = randomBytes(16).toString('base64url');
      write.run('clusterId', drawn);
      return drawn;
    },
  };
}
