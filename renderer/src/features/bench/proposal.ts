/** What another screen wants on the bench: taken once, when the bench is set up next. */
import { navigate } from '../../state/route.svelte.ts';

export interface Proposal {
  stream?: string;
  processor?: string;
}

let proposed: Proposal | null = null;

export function proposeBench(proposal: Proposal): void {
  proposed = proposal;
  navigate('#/bench');
}

export function takeProposal(): Proposal | null {
  const taken = proposed;
  proposed = null;
  return taken;
}
