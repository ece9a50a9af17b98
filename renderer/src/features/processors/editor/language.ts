/** The editor's hold on the language worker: completion, hovers and problems for CodeMirror. */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { linter, lintGutter, type Diagnostic } from '@codemirror/lint';
import { type Extension, StateEffect } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { Answer, Asked, Completions, Hover, Problem } from './languageMessages.ts';

/** After the last key: how long until the text is looked through, milliseconds. */
const LINT_AFTER_MS = 400;
/** What TypeScript calls a kind, as CodeMirror has icons for it. */
const KINDS: Record<string, string> = {
  ...{ method: 'method', function: 'function', 'local function': 'function', property: 'property', getter: 'property' },
  ...{ const: 'constant', let: 'variable', var: 'variable', parameter: 'variable', class: 'class', interface: 'interface' },
  ...{ type: 'type', keyword: 'keyword', module: 'namespace' },
};

/** The lab has answered: what it found is told anew, also of a text that has not changed since. */
export const answered = StateEffect.define<null>();

export class Language {
  readonly #worker = new Worker(new URL('./languageWorker.ts', import.meta.url), { type: 'module', name: 'TypeScript' });
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;
  /** What the lab found, where the text was last tried there, beside what TypeScript finds. */
  #tried: { text: string; problems: Problem[] } = { text: '', problems: [] };

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    };
  }

  /** Told beside the others for as long as the text stays as it is. */
  tried(text: string, problems: Problem[]): void {
    this.#tried = { text, problems };
  }

  /** For the editor. */
  get extension(): Extension {
    return [
      lintGutter(),
      linter((view) => this.#diagnostics(view.state.doc.toString()), {
        delay: LINT_AFTER_MS,
        needsRefresh: ({ transactions }) => transactions.some(({ effects }) => effects.some((effect) => effect.is(answered))),
      }),
      autocompletion({ override: [(context) => this.#complete(context)] }),
      hoverTooltip(async (view, at) => {
        const { hover } = await this.#ask<{ hover: Hover | null }>(view.state.doc.toString(), { what: 'hover', at });
        if (!hover) return null;
        return { pos: hover.from, end: hover.to, above: true, create: () => ({ dom: hoverElement(hover) }) };
      }),
    ];
  }

  async #diagnostics(text: string): Promise<Diagnostic[]> {
    const { problems } = await this.#ask<{ problems: Problem[] }>(text, { what: 'problems' });
    const tried = this.#tried.text === text ? this.#tried.problems : [];
    // What does not parse is found by both.
    const all = problems.length > 0 ? problems : tried;
    const { length } = text;
    return all.map(({ from, to, message }) => ({ from: Math.min(from, length), to: Math.min(to, length), severity: 'error', message }));
  }

  async #complete(context: CompletionContext): Promise<CompletionResult | null> {
    const before = context.matchBefore(/[\w$.]+/);
    if (!before && !context.explicit) return null;
    const text = context.state.doc.toString();
    const { completions } = await this.#ask<{ completions: Completions | null }>(text, { what: 'completions', at: context.pos });
    if (!completions || context.aborted) return null;
    return {
      from: completions.from,
      options: completions.entries.map(({ label, kind }) => ({ label, type: KINDS[kind] ?? 'text' })),
      validFor: /^[\w$]*$/,
    };
  }

  #ask<T>(text: string, ask: Asked['ask']): Promise<T> {
    const id = ++this.#last;
    this.#worker.postMessage({ id, text, ask } satisfies Asked);
    return new Promise((resolve) => this.#waiting.set(id, (answer) => resolve(answer as unknown as T)));
  }

  close(): void {
    this.#worker.terminate();
  }
}

function hoverElement({ declaration, documentation }: Hover): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-completionInfo';
  const code = document.createElement('code');
  code.textContent = declaration;
  box.append(code);
  if (documentation !== '') box.append(document.createElement('br'), documentation);
  return box;
}
