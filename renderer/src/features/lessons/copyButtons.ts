/** Puts a button beside each block of code in a lesson: what is to be pasted is not to be typed. */
import type { Attachment } from 'svelte/attachments';

/** @param html read so that the buttons are put again when the text changes */
export function copyButtons(html: string, copy: (text: string) => Promise<void>): Attachment<HTMLElement> {
  return (element) => {
    void html;
    for (const block of element.querySelectorAll('pre')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Copy';
      button.onclick = () => void copy(block.querySelector('code')?.textContent?.trimEnd() ?? '').then(() => said(button));
      block.prepend(button);
    }
  };
}

function said(button: HTMLButtonElement): void {
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy'), 1_500);
}
