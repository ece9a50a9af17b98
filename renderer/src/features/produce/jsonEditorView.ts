/** The lab's editor for a value. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder as placeholderText,
} from '@codemirror/view';
import type { JsonProblem } from '../../../../main/api/jsonProblem.ts';
import { codeLook } from '../../ui/codeLook.ts';

export interface JsonEditorOptions {
  parent: HTMLElement;
  value: string;
  label: string;
  placeholder: string;
  onchange: (text: string) => void;
  onsubmit: () => void;
}

const size = EditorView.theme({
  '&': { maxHeight: 'max(160px, 46vh)' },
  '.cm-content': { minHeight: '9em' },
});

export class JsonEditorView {
  readonly #view: EditorView;
  readonly #language = new Compartment();

  constructor({ parent, value, label, placeholder, onchange, onsubmit }: JsonEditorOptions) {
    const submit = {
      key: 'Mod-Enter',
      run: () => {
        onsubmit();
        return true;
      },
    };
    const extensions: Extension[] = [
      EditorState.lineSeparator.of('\n'), // a carriage return is a character of the value and stays
      Prec.highest(keymap.of([submit])),
      history(),
      drawSelection(),
      lineNumbers(),
      lintGutter(),
      highlightActiveLineGutter(),
      bracketMatching(),
      indentOnInput(),
      EditorView.lineWrapping,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      this.#language.of([]),
      placeholderText(placeholder),
      codeLook,
      size,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorView.updateListener.of(({ docChanged, state }) => docChanged && onchange(state.doc.toString())),
    ];
    this.#view = new EditorView({ parent, state: EditorState.create({ doc: value, extensions }) });
  }

  setText(text: string): void {
    const { doc } = this.#view.state;
    if (doc.length === text.length && doc.toString() === text) return;
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
  }

  setMode(mode: 'json' | 'text'): void {
    this.#view.dispatch({ effects: this.#language.reconfigure(mode === 'json' ? json() : []) });
  }

  setProblem(problem: JsonProblem | null): void {
    const { length } = this.#view.state.doc;
    const found = problem
      ? [{ from: Math.min(problem.from, length), to: Math.min(problem.to, length), severity: 'error' as const, message: problem.sentence }]
      : [];
    this.#view.dispatch(setDiagnostics(this.#view.state, found));
  }

  close(): void {
    this.#view.destroy();
  }
}
