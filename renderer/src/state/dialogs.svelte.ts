/** The dialogs of the app, which anyone can open; one is open at a time. App renders them. */

import type { BadEvent } from '../../../main/api/badEvents.ts';

export interface DialogProps {
  newStream: Record<string, never>;
  produce: { stream: string | null };
  import: { stream: string | null; file?: File | null };
  /** `shards`: those that are shown, null for all. */
  export: { stream: string; shards: readonly number[] | null };
  /** `start`: where the reader stands that it is opened from. */
  replay: { stream: string; start: { from: bigint | null; shards: readonly number[] | null } };
  mend: { stream: string; from: string; reason: string; event: BadEvent; onmended: () => void };
  streamSettings: { stream: string };
  growStream: { stream: string };
  deleteStream: { stream: string };
  newProcessor: Record<string, never>;
  connect: { stream: string };
  deployProcessor: { processor: string };
  /** `version`, `source`: what the column runs (BenchColumn). */
  deployFromBench: { processor: string; version: number | null; source: string | null };
  processorVersions: { processor: string };
  lookAtProcessor: { processor: string };
  removeProcessor: { processor: string };
  setUpShop: Record<string, never>;
  removeShop: Record<string, never>;
  rejected: { jobId: string };
  resetLesson: { id: string };
  verify: Record<string, never>;
  exportWorkspace: Record<string, never>;
  importWorkspace: { file?: File };
}

export type OpenDialog = { [N in keyof DialogProps]: { name: N; props: DialogProps[N] } }[keyof DialogProps];

class Dialogs {
  /** The dialog opened last; it stays while it closes. */
  current = $state.raw<OpenDialog | null>(null);
  isOpen = $state(false);
  /** Counts openings, so that each starts afresh. */
  opening = $state(0);

  open<N extends keyof DialogProps>(name: N, props: DialogProps[N]): void {
    this.opening++;
    this.current = { name, props } as OpenDialog;
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
  }
}

export const dialogs = new Dialogs();

export function openDialog<N extends keyof DialogProps>(name: N, props: DialogProps[N]): void {
  dialogs.open(name, props);
}
