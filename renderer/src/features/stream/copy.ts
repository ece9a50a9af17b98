/** Copying to the clipboard, and saying so. */
import type { LabState } from '../../state/lab.svelte.ts';

/** `what` begins a sentence: "The key". */
export async function copy(lab: Pick<LabState, 'notify'>, text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    lab.notify(`${what} is copied.`, { tone: 'good' });
  } catch (thrown) {
    const reason = thrown instanceof Error && thrown.message ? ` (${thrown.message})` : '';
    lab.notify(`${what} is not copied: this browser does not let the page use the clipboard${reason}. Mark the text and copy it by hand.`);
  }
}
