/** The lab's editor for a value: CodeMirror with our tokens. All colours are custom properties, so light and dark need no second theme. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
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
import { tags } from '@lezer/highlight';
import type { JsonProblem } from '../../../../main/api/jsonProblem.ts';

export interface JsonEditorOptions {
  parent: HTMLElement;
  value: string;
  label: string;
  placeholder: string;
  onchange: (text: string) => void;
  onsubmit: () => void;
}

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good-ink)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--s1)' },
]);

const look = EditorView.theme({
  '&': { fontSize: 'var(--small)', backgroundColor: 'transparent', color: 'var(--ink)', maxHeight: 'max(160px, 46vh)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '6px 0', minHeight: '9em', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 8px 0 4px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 4px 0 6px', minWidth: '22px' },
  '.cm-gutter-lint': { width: '12px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0' },
  '.cm-lint-marker': {
    width: '8px',
    height: '8px',
    margin: '5px 2px',
    borderRadius: '4px',
    background: 'var(--bad)',
    content: 'none !important',
  },
  '.cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 24%, transparent)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: 'none' },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textDecorationSkipInk: 'none' },
  '.cm-tooltip': {
    background: 'var(--card)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: 'var(--r)',
    boxShadow: 'var(--lift)',
    zIndex: '60',
  },
  '.cm-diagnostic': { padding: '4px 10px', fontFamily: 'var(--font)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
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
      syntaxHighlighting(highlight),
      look,
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
