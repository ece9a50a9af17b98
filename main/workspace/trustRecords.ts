/**
 * Texts of processors that came with a workspace from elsewhere and that nobody here has trusted yet: nothing of them is loaded. Each version is
 * trusted by itself, and so is what a file says; any other text is its user's own.
 */
import { createHash } from 'node:crypto';
import type { Catalog } from './catalog.ts';

export interface TrustRecords {
  isTrusted(processor: string, source: string): boolean;
  trust(processor: string, source: string): void;
  /** The processor is gone. */
  forget(processor: string): void;
}

export function createTrustRecords(catalog: Catalog): TrustRecords {
  const of = catalog.prepare<[string], string>('SELECT sha256 FROM untrusted_source WHERE processor = ?').pluck();
  const remove = catalog.prepare('DELETE FROM untrusted_source WHERE processor = ? AND sha256 = ?');
  const forget = catalog.prepare('DELETE FROM untrusted_source WHERE processor = ?');
  return {
    isTrusted(processor, source) {
      const untrusted = of.all(processor);
      return untrusted.length === 0 || !untrusted.includes(sha256Of(source));
    },
    trust: (processor, source) => void remove.run(processor, sha256Of(source)),
    forget: (processor) => void forget.run(processor),
  };
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
