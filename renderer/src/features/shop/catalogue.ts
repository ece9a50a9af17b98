/** What the Nile shop sells: the same as in the sample of its morning, with a line about each. */

export interface Product {
  sku: string;
  name: string;
  /** Price, in hundredths. */
  cents: number;
  about: string;
}

export const PRODUCTS: readonly Product[] = [
  { sku: 'reader-1', name: 'AvidReader', cents: 129_00, about: 'A thousand books, and none of their weight.' },
  { sku: 'tablet-1', name: 'iPad', cents: 329_00, about: 'For the train, the sofa and the queue.' },
  { sku: 'laptop-1', name: 'thinkpad', cents: 899_00, about: 'Black, square, and hard to wear out.' },
  { sku: 'cover-1', name: 'AvidReader cover', cents: 24_90, about: 'Keeps the rain off the last chapter.' },
  { sku: 'lamp-1', name: 'reading lamp', cents: 39_50, about: 'One more page, and nobody wakes up.' },
  { sku: 'cable-1', name: 'USB cable', cents: 9_90, about: 'The second end fits, too.' },
];

export interface CartItem {
  product: Product;
  quantity: number;
}

export const productOf = (sku: string): Product | undefined => PRODUCTS.find((product) => product.sku === sku);

/** The items with one more of it. */
export function withOneMore(items: readonly CartItem[], product: Product): CartItem[] {
  const same = items.find((item) => item.product.sku === product.sku);
  if (!same) return [...items, { product, quantity: 1 }];
  return items.map((item) => (item === same ? { ...item, quantity: item.quantity + 1 } : item));
}

export const sumOf = (items: readonly CartItem[]): number => items.reduce((cents, item) => cents + item.product.cents * item.quantity, 0);

/** What is left of a price, hundredths. */
export const reduced = (cents: number, percentOff: number): number => Math.round((cents * (100 - percentOff)) / 100);

/** 1,227.00 */
export const formatPrice = (cents: number): string =>
  (cents / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
