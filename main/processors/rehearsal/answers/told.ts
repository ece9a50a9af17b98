import { STEP_TEXT_MAX, type Told } from '../../../api/rehearsalPositions.ts';

export function told(text: string): Told;
export function told(text: string | null): Told | null;
export function told(text: string | null): Told | null {
  return text === null ? null : { text: text.length > STEP_TEXT_MAX ? text.slice(0, STEP_TEXT_MAX) : text, length: text.length };
}
