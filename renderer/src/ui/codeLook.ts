/** How CodeMirror looks in the lab. All colours are custom properties, so light and dark need no second theme. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, type Extension } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good-ink)' },
  { tag: [tags.number, tags.bool, tags.null, tags.regexp], color: 'var(--s1)' },
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--s3)' },
  { tag: [tags.typeName, tags.className], color: 'var(--s4)' },
  { tag: tags.comment, color: 'var(--soft)', fontStyle: 'italic' },
]);

/**
 * Lines that were measured before their font had come have another height since: numbers would no longer stand beside them. A short text fills its
 * editor before and after, so that nothing seems to have changed: it is another theme that has all lines measured again.
 */
const font = new Compartment();
const measuredByFont = ViewPlugin.define((view) => {
  const measure = (): void => view.dispatch({ effects: font.reconfigure(EditorView.theme({})) });
  document.fonts.addEventListener('loadingdone', measure);
  return { destroy: () => document.fonts.removeEventListener('loadingdone', measure) };
});

const theme = EditorView.theme({
  '&': { fontSize: 'var(--small)', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '6px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 8px 0 4px' },
  // Not transparent: what is scrolled to the side goes under it.
  '.cm-gutters': { backgroundColor: 'var(--card)', color: 'var(--faint)', border: 'none' },
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
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionInfo': { maxWidth: '420px', padding: '6px 10px', fontFamily: 'var(--font)', whiteSpace: 'pre-wrap' },
  '.cm-completionDetail': { color: 'var(--soft)', fontStyle: 'normal' },
  '.cm-diagnostic': { padding: '4px 10px', fontFamily: 'var(--font)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-panels': { backgroundColor: 'var(--sunk)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)' },
  '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in srgb, var(--warn) 40%, transparent)' },
  '.cm-panel input, .cm-panel button': {
    background: 'var(--card)',
    color: 'var(--ink)',
    border: '1px solid var(--edge)',
    borderRadius: 'var(--r)',
    backgroundImage: 'none',
  },
  '.cm-changedLine': { backgroundColor: 'var(--good-soft) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-soft)' },
  '.cm-changedText, .cm-insertedLine': {
    background: 'color-mix(in srgb, var(--good) 22%, transparent) !important',
    textDecoration: 'none',
  },
  '.cm-deletedChunk .cm-deletedText, .cm-deletedLine del': {
    background: 'color-mix(in srgb, var(--bad) 22%, transparent) !important',
    textDecoration: 'none',
  },
  '.cm-collapsedLines': { background: 'var(--sunk)', color: 'var(--soft)' },
});

export const codeLook: Extension = [syntaxHighlighting(highlight), theme, font.of([]), measuredByFont];
