/** A broker's file, opened to write and to read at once, in this thread: what a broker does in two (main/log/log.ts). */
import { openStore, StoreReader, type Store, type StoreOptions } from '../main/log/index.ts';

export type WholeStore = Store & Omit<StoreReader, 'close'>;

/** Throws what openStore throws. */
export function openWholeStore(options: StoreOptions): WholeStore {
  const store = openStore(options);
  const reader = new StoreReader(options.path);
  const close = (): void => {
    reader.close();
    store.close();
  };
  return new Proxy(store, {
    get(_target, name) {
      if (name === 'close') return close;
      const owner = (name in reader ? reader : store) as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
      return owner[name]!.bind(owner);
    },
  }) as WholeStore;
}
