/** Two texts of a processor in one, what was taken away and what is new marked. */
import { javascript } from '@codemirror/lang-javascript';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { codeLook } from '../../ui/codeLook.ts';

/** Lines around a change that are shown; others are folded. */
const AROUND = 3;

/** Answers how to take it away. */
export function showDifference(parent: HTMLElement, before: string, after: string): () => void {
  const extensions = [
    lineNumbers(),
    javascript({ typescript: true }),
    codeLook,
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    // A text that scrolls is reachable by keyboard.
    EditorView.contentAttributes.of({ 'aria-label': 'What has changed', tabindex: '0' }),
    unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: AROUND } }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: after, extensions }) });
  return () => view.destroy();
}
