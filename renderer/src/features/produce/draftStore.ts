/** Drafts of the produce form, one per stream, in the browser's own storage: typed text outlives the dialog and a reload. */
import type { FormSnapshot } from './produceForm.svelte.ts';

/** Drafts that are kept; the ones longest untouched leave first. */
export const DRAFTS_MAX = 30;
/** Longest draft that is kept, characters: browsers give a page about 5 MB in all. */
export const DRAFT_TEXT_MAX = 1_000_000;

const PREFIX = 'loglab.produce.draft.';

interface Stored {
  savedAt: number;
  form: FormSnapshot;
}

type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class DraftStore {
  readonly #store: TextStore;
  readonly #workspace: () => string;

  /** `workspace` keeps the drafts of two labs on one address apart. */
  constructor(workspace: () => string, store: TextStore = localStorage) {
    this.#store = store;
    this.#workspace = workspace;
  }

  #key(stream: string): string {
    return `${PREFIX}${this.#workspace()}:${stream}`;
  }

  load(stream: string): FormSnapshot | null {
    return read(this.#store.getItem(this.#key(stream)))?.form ?? null;
  }

  /** False where the draft is too large to be kept. */
  save(stream: string, form: FormSnapshot, now = Date.now()): boolean {
    const text = JSON.stringify({ savedAt: now, form } satisfies Stored);
    if (text.length > DRAFT_TEXT_MAX) return false;
    try {
      this.#store.setItem(this.#key(stream), text);
    } catch {
      return false; // QuotaExceededError
    }
    this.#trim();
    return true;
  }

  forget(stream: string): void {
    this.#store.removeItem(this.#key(stream));
  }

  #trim(): void {
    const keys = Array.from({ length: this.#store.length }, (_, at) => this.#store.key(at)).filter((key) =>
      key?.startsWith(PREFIX),
    ) as string[];
    if (keys.length <= DRAFTS_MAX) return;
    const byAge = keys.map((key) => ({ key, savedAt: read(this.#store.getItem(key))?.savedAt ?? 0 })).sort((a, b) => a.savedAt - b.savedAt);
    for (const { key } of byAge.slice(0, keys.length - DRAFTS_MAX)) this.#store.removeItem(key);
  }
}

function read(text: string | null): Stored | null {
  try {
    const stored = JSON.parse(text ?? 'null') as Stored | null;
    return stored && typeof stored.form === 'object' ? stored : null;
  } catch {
    return null;
  }
}
