/** Copying to the clipboard, and saying so. */
import type { LabState } from './lab.svelte.ts';

/** `what` begins a sentence: "The key". `more`: a sentence about what is to be done with it. */
export async function copy(lab: Pick<LabState, 'notify'>, text: string, what: string, more?: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    lab.notify([`${what} is copied.`, more].filter(Boolean).join(' '), { tone: 'good', about: 'copy' });
  } catch (thrown) {
    const reason = thrown instanceof Error && thrown.message ? ` (${thrown.message})` : '';
    const why = `this browser does not let the page use the clipboard${reason}`;
    lab.notify(`${what} is not copied: ${why}. Mark the text and copy it by hand.`, { about: 'copy' });
  }
}
