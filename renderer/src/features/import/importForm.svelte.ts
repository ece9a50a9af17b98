/** The import as the user sets it up: the file, how its lines become events, where they go, and what the first of them would be. */
import { LabError, toLabError } from '../../../../main/api/errors.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import {
  PREVIEW_BYTES_MAX,
  type FieldGuess,
  type ImportFormat,
  type ImportPreview,
  type ImportRules,
} from '../../../../main/api/imports.ts';
import { streamNameProblem } from '../../../../main/api/values.ts';
import { freeName, streamNameFrom } from './fileName.ts';
import type { ImportRequest } from './importRuns.svelte.ts';
import { likelyKey, likelyTime } from './guesses.ts';

/** Shards of a new stream, where nobody says otherwise. */
const SHARDS_DEFAULT = 3;

export type Target = 'new' | 'existing';

export class ImportForm {
  file = $state.raw<File | null>(null);
  fileError = $state.raw<LabError | null>(null);
  format = $state<ImportFormat>('ndjson');
  keyField = $state<string | null>(null);
  timeField = $state<string | null>(null);
  target = $state<Target>('new');
  newName = $state('');
  existing = $state('');
  shards = $state<number | null>(SHARDS_DEFAULT);
  preview = $state.raw<ImportPreview | null>(null);
  previewError = $state.raw<LabError | null>(null);
  previewing = $state(false);
  #previewed = $state.raw<ImportRules | null>(null);
  /** Fields of the file's values, as the first preview found them. */
  fields = $state.raw<FieldGuess[]>([]);
  readonly isEmpty = $derived(this.file?.size === 0);
  readonly rules: ImportRules = $derived(
    this.format === 'lines' || this.format === 'records'
      ? { format: this.format, keyField: null, timeField: null }
      : { format: this.format, keyField: this.keyField || null, timeField: this.timeField || null },
  );
  readonly nameProblem = $derived(this.target === 'new' ? streamNameProblem(this.newName) : null);
  /** Whether the preview shown was made by other rules than those that stand now. */
  readonly previewIsStale = $derived(this.#previewed !== null && !sameRules(this.#previewed, this.rules));
  readonly stream = $derived(this.target === 'new' ? this.newName : this.existing);
  #client: LabClient;
  #head = new Uint8Array();
  #asking: AbortController | null = null;

  constructor(client: LabClient) {
    this.#client = client;
  }

  /** Takes a file up: reads its head, guesses, and suggests where it could go. */
  async choose(file: File, streamNames: readonly string[]): Promise<void> {
    this.file = file;
    this.fileError = null;
    this.preview = null;
    this.#previewed = null;
    this.fields = [];
    this.newName = freeName(streamNameFrom(file.name), streamNames);
    if (file.size === 0) return;
    try {
      this.#head = new Uint8Array(await file.slice(0, PREVIEW_BYTES_MAX).arrayBuffer());
    } catch (thrown) {
      this.fileError = new LabError('file-unreadable', `${file.name} can not be read. If it is a folder, drop the files in it.`, {
        cause: thrown,
      });
      return;
    }
    if (this.file === file) await this.#guess();
  }

  /** Shows what the rules make of the first lines; a preview asked for before is let go. */
  async showPreview(): Promise<void> {
    if (!this.file || this.isEmpty || this.fileError) return;
    const preview = await this.#ask(this.rules);
    // Another format has other fields.
    if (preview) this.fields = preview.fields;
  }

  request(shardsMax: number): ImportRequest | null {
    const { file, stream, rules, shards, target } = this;
    if (!file || this.isEmpty || this.fileError || this.nameProblem || stream === '') return null;
    // Until the file has been looked at, its format, key and time are not known.
    if (this.#previewed === null && !this.previewError) return null;
    if (target === 'existing') return { file, stream, rules, shards: null };
    return shards !== null && shards >= 1 && shards <= shardsMax ? { file, stream, rules, shards } : null;
  }

  async #guess(): Promise<void> {
    const preview = await this.#ask(null);
    if (!preview) return;
    this.format = preview.format;
    this.fields = preview.fields;
    this.keyField = likelyKey(preview.fields);
    this.timeField = likelyTime(preview.fields);
    if (this.previewIsStale) await this.#ask(this.rules);
  }

  async #ask(rules: ImportRules | null): Promise<ImportPreview | null> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.previewing = true;
    try {
      const preview = await this.#client.imports.preview(
        { head: this.#head.slice(), rules, name: this.file?.name ?? '', isWhole: this.file?.size === this.#head.length },
        { signal: asking.signal },
      );
      if (asking.signal.aborted) return null;
      this.preview = preview;
      this.#previewed = rules ?? { format: preview.format, keyField: null, timeField: null };
      this.previewError = null;
      return preview;
    } catch (thrown) {
      if (asking.signal.aborted) return null;
      this.#previewed = rules;
      this.previewError = toLabError(thrown);
      return null;
    } finally {
      if (this.#asking === asking) this.previewing = false;
    }
  }
}

const sameRules = (a: ImportRules, b: ImportRules): boolean =>
  a.format === b.format && a.keyField === b.keyField && a.timeField === b.timeField;
