/** The editor for a processor's source. */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { forceLinting, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, Prec } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { codeLook } from '../../../ui/codeLook.ts';
import { answered, Language } from './language.ts';

const size = EditorView.theme({ '&': { height: '100%' } });

export interface SourceEditorOptions {
  parent: HTMLElement;
  value: string;
  label: string;
  onchange: (text: string) => void;
  onsave: () => void;
}

export class SourceEditorView {
  readonly #view: EditorView;
  readonly #language = new Language();

  constructor({ parent, value, label, onchange, onsave }: SourceEditorOptions) {
    const save = {
      key: 'Mod-s',
      preventDefault: true,
      run: () => {
        onsave();
        return true;
      },
    };
    const extensions = [
      Prec.highest(keymap.of([save])),
      history(),
      drawSelection(),
      lineNumbers(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      indentOnInput(),
      highlightSelectionMatches(),
      javascript({ typescript: true }),
      this.#language.extension,
      // Tab indents; Escape, then Tab, leaves the editor.
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...lintKeymap,
        ...searchKeymap,
        ...defaultKeymap,
        ...historyKeymap,
        indentWithTab,
      ]),
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

  /** What the lab said of this text, at a line and column from 1; null where it found nothing. */
  setTried(text: string, failure: { message: string; line: number; column: number } | null): void {
    const { doc } = this.#view.state;
    const problems = [];
    if (failure && failure.line <= doc.lines) {
      const line = doc.line(failure.line);
      const from = Math.min(line.to, line.from + failure.column - 1);
      problems.push({ from, to: line.to, message: failure.message });
    }
    this.#language.tried(text, problems);
    this.#view.dispatch({ effects: answered.of(null) });
    forceLinting(this.#view);
  }

  goTo(line: number): void {
    const { doc } = this.#view.state;
    const at = doc.line(Math.min(line, doc.lines)).from;
    this.#view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
    this.#view.focus();
  }

  focus(): void {
    this.#view.focus();
  }

  close(): void {
    this.#view.destroy();
    this.#language.close();
  }
}
