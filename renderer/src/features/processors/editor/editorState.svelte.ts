/** A processor in the editor: its text and what the lab says of it, the events of the test panel, the cases. */
import { SvelteMap } from 'svelte/reactivity';
import { toLabError, type LabError } from '../../../../../main/api/errors.ts';
import type { ProcessorShape, TestCase } from '../../../../../main/api/processors.ts';
import type { LabState } from '../../../state/lab.svelte.ts';
import type { EventPlace } from '../../../state/route.svelte.ts';
import { parseDuration } from '../../../../../main/api/duration.ts';
import { calledHere } from '../streamNames.ts';
import { compared, runTest, type CaseResult, type TestResult } from './testRun.ts';
import { lineOf } from './testInput.ts';

/** Events that are taken from a stream at once. */
const TAKEN = 20;

export interface Tried {
  text: string;
  failure: { message: string; line: number; column: number } | null;
}

export class EditorState {
  readonly name: string;
  readonly #lab: LabState;
  /** What is in the editor; null before it was read. */
  text = $state<string | null>(null);
  /** What the file says. */
  saved = $state<string | null>(null);
  /** The file was changed by somebody else while the editor holds changes, too. */
  theirs = $state<string | null>(null);
  shape = $state.raw<ProcessorShape | null>(null);
  tried = $state.raw<Tried | null>(null);
  error = $state.raw<LabError | null>(null);

  input = $state('');
  runOn = $state('');
  running = $state(false);
  result = $state.raw<TestResult | null>(null);
  testError = $state.raw<LabError | null>(null);
  cases = $state.raw<TestCase[]>([]);
  readonly results = new SvelteMap<string, CaseResult>();
  #run: AbortController | null = null;
  #casesRun: AbortController | null = null;
  #checking: string | null = null;

  readonly isChanged = $derived(this.text !== null && this.text !== this.saved);
  readonly runOnMs = $derived(this.runOn.trim() === '' ? 0 : parseDuration(this.runOn.trim()));
  /** Cases that were run over the text as it is. */
  readonly ran = $derived(this.cases.filter(({ name }) => this.results.has(name)).length);
  readonly passed = $derived(this.cases.filter(({ name }) => this.results.get(name)?.passed).length);

  constructor(lab: LabState, name: string) {
    this.#lab = lab;
    this.name = name;
  }

  /** Reads the file; again when it may have been changed by another editor. What was typed here is not lost. */
  async read(): Promise<void> {
    try {
      const { text } = await this.#lab.client.processors.source({ name: this.name, version: null });
      this.error = null;
      if (text === this.saved) return await this.#checkOnce(text);
      const first = this.saved === null;
      if (!this.isChanged || text === this.text) {
        this.text = text;
        this.saved = text;
        this.theirs = null;
        await this.#checkOnce(text);
      } else this.theirs = text;
      if (first) this.cases = await this.#lab.client.processors.cases({ name: this.name });
    } catch (thrown) {
      if (toLabError(thrown).code !== 'disconnected') this.error = toLabError(thrown);
    }
  }

  /** What came with a workspace from elsewhere is not loaded before it is trusted. */
  async #checkOnce(text: string): Promise<void> {
    const isTrusted = this.#lab.processor(this.name)?.isFileTrusted ?? false;
    if (!isTrusted || this.tried?.text === text || this.#checking === text || text !== this.text) return;
    this.#checking = text;
    await this.#check(text);
    this.#checking = null;
  }

  /** Takes what the file says, in place of what was typed. */
  takeTheirs(): void {
    this.text = this.theirs;
    this.saved = this.theirs;
    this.theirs = null;
  }

  /** Writes the file, looks whether it can be loaded, and runs the test and all cases. */
  async save(): Promise<void> {
    const { text } = this;
    if (text === null) return;
    const written = await this.#lab.attempt(
      async () => {
        await this.#lab.client.processors.save({ name: this.name, source: text });
        return true;
      },
      { about: `saving ${this.name}` },
    );
    if (!written) return;
    this.saved = text;
    this.theirs = null;
    // What the cases said, they said of another text.
    this.#forgetResults();
    if (!(await this.#check(text))) return;
    if (this.input.trim() !== '') await this.test();
    await this.runCases();
  }

  async #check(text: string): Promise<boolean> {
    try {
      this.shape = await this.#lab.client.processors.check({ name: this.name, source: text });
      this.tried = { text, failure: null };
      return true;
    } catch (thrown) {
      const error = toLabError(thrown);
      this.tried = { text, failure: failureOf(error, this.name) };
      return false;
    }
  }

  /** Runs what is in the editor over the events of the panel. */
  async test(): Promise<void> {
    const { text, runOnMs } = this;
    this.#run?.abort();
    if (text === null || runOnMs === null) return;
    const run = new AbortController();
    this.#run = run;
    this.running = true;
    this.testError = null;
    try {
      if (this.tried?.text !== text) await this.#check(text);
      const inputs = this.shape?.inputs ?? [];
      const result = await runTest(this.#lab.client, { name: this.name, source: text, inputs, input: this.input, runOnMs }, run.signal);
      if (this.#run === run) this.result = result;
    } catch (thrown) {
      if (run.signal.aborted) return;
      this.result = null;
      this.testError = toLabError(thrown);
    } finally {
      if (this.#run === run) this.running = false;
    }
  }

  cancel(): void {
    this.#run?.abort();
    this.running = false;
  }

  #forgetResults(): void {
    this.#casesRun?.abort();
    this.results.clear();
  }

  async runCases(): Promise<void> {
    const { text } = this;
    if (text === null) return;
    this.#forgetResults();
    const run = new AbortController();
    this.#casesRun = run;
    for (const one of this.cases) {
      const result = await this.#resultOf(one, text, run.signal);
      if (run.signal.aborted) return;
      this.results.set(one.name, result);
    }
  }

  async #resultOf(one: TestCase, source: string, signal: AbortSignal): Promise<CaseResult> {
    try {
      const tested = { name: this.name, source, inputs: this.shape?.inputs ?? [], input: one.input, runOnMs: one.runOnMs };
      return compared(one, await runTest(this.#lab.client, tested, signal));
    } catch (thrown) {
      return { passed: false, got: '', error: toLabError(thrown).message };
    }
  }

  /** The events of the panel, and what came of them, as a case. One of the same name is replaced. */
  async keep(name: string): Promise<boolean> {
    const { result, runOnMs } = this;
    if (!result || runOnMs === null) return false;
    const made: TestCase = { name, input: this.input, expected: result.emitted.join('\n'), runOnMs };
    return this.#keepAll([...this.cases.filter((one) => one.name !== name), made], name);
  }

  /** What comes now is right. */
  accept(one: TestCase): Promise<boolean> {
    const { got } = this.results.get(one.name)!;
    return this.#keepAll(
      this.cases.map((other) => (other.name === one.name ? { ...one, expected: got } : other)),
      one.name,
    );
  }

  forget(name: string): Promise<boolean> {
    this.results.delete(name);
    return this.#keepAll(this.cases.filter((one) => one.name !== name));
  }

  async #keepAll(cases: TestCase[], passing?: string): Promise<boolean> {
    const kept = await this.#lab.attempt(async () => {
      await this.#lab.client.processors.keepCases({ name: this.name, cases });
      return true;
    });
    if (!kept) return false;
    this.cases = cases;
    if (passing !== undefined) this.results.set(passing, { passed: true, got: '', error: null });
    return true;
  }

  /** What a stream of the processor is called here. */
  called(stream: string): string {
    return calledHere(this.#lab.processor(this.name) ?? { streams: {} }, stream);
  }

  /** The newest events of a stream, in place of those that are there. */
  async take(stream: string): Promise<void> {
    await this.#lab.attempt(
      async () => {
        const here = this.called(stream);
        const { rows } = await this.#lab.client.events.window({ stream: here, from: 'end', limit: TAKEN });
        const whole = rows.filter(({ damaged }) => damaged === undefined);
        const events = await Promise.all(whole.map(({ shard, offset }) => this.#lab.client.events.get({ stream: here, shard, offset })));
        this.input = events.map((event) => lineOf(stream, event)).join('\n');
      },
      { reading: true },
    );
  }

  /** One event of a stream, in place of those that are there, and what comes of it. */
  async testWith({ stream, shard, offset }: EventPlace & { stream: string }): Promise<void> {
    await this.#lab.attempt(
      async () => {
        // By the name that the code has for it.
        const called = this.#lab.processor(this.name)?.current?.inputs.find((input) => this.called(input) === stream) ?? stream;
        this.input = lineOf(called, await this.#lab.client.events.get({ stream, shard, offset }));
        await this.test();
      },
      { reading: true },
    );
  }

  close(): void {
    this.#run?.abort();
    this.#casesRun?.abort();
  }
}

/** The place that the lab names at the beginning of its sentence: `name.ts:1:11: Unexpected token`. */
function failureOf({ message }: LabError, name: string): Tried['failure'] {
  const start = `${name}.ts:`;
  const [, line, column, sentence] = (message.startsWith(start) && /^(\d+):?(\d*):? ?([\s\S]*)$/.exec(message.slice(start.length))) || [];
  if (line === undefined) return { message, line: 1, column: 1 };
  return { message: sentence!, line: Number(line), column: Number(column) || 1 };
}
