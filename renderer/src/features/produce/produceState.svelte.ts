/** What the produce sheet does: sends the form, remembers what happened, keeps events for sending again. */
import type { LabClient } from '../../../../main/api/index.ts';
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { Appended, Draft, KeptEvent } from '../../../../main/api/produce.ts';
import type { DraftStore } from './draftStore.ts';
import { ProduceForm } from './produceForm.svelte.ts';

/** Sends that stay listed; the oldest leave first. */
export const SENT_SHOWN_MAX = 20;

export interface Sent {
  id: number;
  stream: string;
  appended: Appended;
}

export type Asked = { json: 'checked' | 'as text'; count: number };

export class ProduceState {
  readonly form = new ProduceForm();
  stream = $state<string | null>(null);
  sending = $state(false);
  sent = $state.raw<Sent[]>([]);
  error = $state.raw<LabError | null>(null);
  /** Set where Send was pressed and the value is not JSON: the question is open whether it goes as text. */
  asksForText = $state(false);
  /** False where the draft is too large for the browser's storage. */
  draftKept = $state(true);
  kept = $state.raw<KeptEvent[]>([]);
  keptError = $state.raw<LabError | null>(null);
  #client: LabClient;
  #drafts: DraftStore;
  #sends = 0;
  #askedCount = 1;

  constructor(client: LabClient, drafts: DraftStore) {
    this.#client = client;
    this.#drafts = drafts;
  }

  /** Turns to a stream and its draft. A stream without one takes over what stands in the form. */
  turnTo(stream: string | null): void {
    if (stream === this.stream) return;
    if (this.stream !== null) this.saveDraft();
    this.stream = stream;
    this.error = null;
    this.asksForText = false;
    this.kept = [];
    if (stream === null) return;
    const draft = this.#drafts.load(stream);
    if (draft) this.form.restore(draft);
    void this.loadKept();
  }

  saveDraft(): void {
    if (this.stream === null) return;
    if (this.form.untouched) this.#drafts.forget(this.stream);
    else this.draftKept = this.#drafts.save(this.stream, this.form.snapshot());
  }

  /** Appends what the form says. Stops at what can not be sent; asks before sending as text what is not JSON. */
  async send({ json, count }: Asked): Promise<void> {
    const { stream, form } = this;
    if (stream === null || this.sending || form.typedTime.kind === 'problem') return;
    if (form.jsonProblem && json === 'checked') {
      this.asksForText = true;
      this.#askedCount = count;
      return;
    }
    this.asksForText = false;
    await this.#append(stream, form, count);
  }

  /** The answer to the question: yes, with the count that was asked for. */
  sendAsText(): Promise<void> {
    return this.send({ json: 'as text', count: this.#askedCount });
  }

  /** Sends a kept event at once, leaving the form alone. */
  async sendAgain(event: KeptEvent): Promise<void> {
    const form = new ProduceForm();
    form.load(event.draft);
    if (this.sending) return;
    if (form.typedTime.kind === 'problem') {
      this.form.load(event.draft);
      return;
    }
    await this.#append(event.stream, form, 1);
  }

  async #append(stream: string, form: ProduceForm, count: number): Promise<void> {
    this.sending = true;
    this.error = null;
    try {
      const appended = await this.#client.produce.send({ stream, record: form.record(), count, numbered: form.numbered });
      this.sent = [{ id: ++this.#sends, stream, appended }, ...this.sent].slice(0, SENT_SHOWN_MAX);
    } catch (thrown) {
      this.error = toLabError(thrown);
    } finally {
      this.sending = false;
    }
  }

  async loadKept(): Promise<void> {
    const { stream } = this;
    if (stream === null) return;
    await this.#orKeptError(async () => {
      const kept = await this.#client.produce.kept({ stream });
      if (this.stream === stream) this.kept = kept;
    });
  }

  /** Keeps the form under a label. True where it was kept. */
  async keep(label: string): Promise<boolean> {
    const { stream } = this;
    if (stream === null) return false;
    const draft: Draft = this.form.draft();
    return this.#orKeptError(async () => {
      const event = await this.#client.produce.keep({ stream, label, draft });
      this.kept = [event, ...this.kept.filter(({ id }) => id !== event.id)];
    });
  }

  async forget(event: KeptEvent): Promise<void> {
    await this.#orKeptError(async () => {
      await this.#client.produce.forget({ id: event.id });
      this.kept = this.kept.filter(({ id }) => id !== event.id);
    });
  }

  async #orKeptError(work: () => Promise<void>): Promise<boolean> {
    this.keptError = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.keptError = toLabError(thrown);
      return false;
    }
  }
}
