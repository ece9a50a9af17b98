/** What axe finds on a page, in both themes and wherever it is asked. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright/test';

export interface Looked {
  /** Selector of what is looked at; the whole document where left out. */
  part?: string;
  /** Selector of what is left out. */
  except?: string;
  /** These alone; all where left out. */
  rules?: string[];
}

export async function violations(page: Page, { part, except, rules }: Looked = {}): Promise<string[]> {
  // Of what is in order axe would else gather a selector and the text of every element, which takes a quarter of its time.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (part !== undefined) axe.include(part);
  if (except !== undefined) axe.exclude(except);
  if (rules) axe.withRules(rules);
  const found = await axe.analyze();
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
