/** The text of a processor to be read, and no more: nothing of it is run, nor looked at by the language. Characters that do not show are shown. */
import { javascript } from '@codemirror/lang-javascript';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightSpecialChars, lineNumbers } from '@codemirror/view';
import { codeLook } from '../../ui/codeLook.ts';

/** Answers how to take it away. */
export function showSource(parent: HTMLElement, text: string, label: string): () => void {
  const extensions = [
    lineNumbers(),
    highlightSpecialChars(),
    javascript({ typescript: true }),
    codeLook,
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.lineWrapping,
    // A text that scrolls is reachable by keyboard.
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
  return () => view.destroy();
}
