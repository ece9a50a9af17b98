/** The event in the forms in which it is copied, for the menu beside it and for the palette. */
import type { EventDetail } from '../../../../main/api/events.ts';
import { copy } from '../../state/copy.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { consumeCommand, copyText, recordJson } from './recordText.ts';

export interface CopyItem {
  label: string;
  disabled?: boolean;
  onselect: () => void;
}

export function copyItems(lab: LabState, event: EventDetail): CopyItem[] {
  return [
    { label: 'Key', disabled: event.key === null, onselect: () => void copy(lab, copyText(event.key), 'The key') },
    { label: 'Value', disabled: event.value === null, onselect: () => void copy(lab, copyText(event.value), 'The value') },
    { label: 'JSON record', onselect: () => void copy(lab, recordJson(event), 'The record') },
    {
      label: 'Timestamp, epoch ms',
      disabled: event.timestamp === -1n,
      onselect: () => void copy(lab, String(event.timestamp), 'The timestamp'),
    },
    { label: 'loglab command', onselect: () => void copy(lab, consumeCommand(lab.info, event.stream, event), 'The command') },
  ];
}
