/** The Nile shop: what it sells and who comes. */

export interface Product {
  sku: string;
  name: string;
  /** Price, in hundredths, so that a sum is exact. */
  cents: number;
  /** How often it is looked at, against the others. */
  weight: number;
}

export const PRODUCTS: readonly Product[] = [
  { sku: 'reader-1', name: 'AvidReader', cents: 129_00, weight: 38 },
  { sku: 'tablet-1', name: 'iPad', cents: 329_00, weight: 22 },
  { sku: 'laptop-1', name: 'thinkpad', cents: 899_00, weight: 16 },
  { sku: 'cover-1', name: 'AvidReader cover', cents: 24_90, weight: 10 },
  { sku: 'lamp-1', name: 'reading lamp', cents: 39_50, weight: 8 },
  { sku: 'cable-1', name: 'USB cable', cents: 9_90, weight: 6 },
];

export interface Shopper {
  id: string;
  name: string;
  /** Where the shopper comes from; one of them for each visit. */
  addresses: readonly string[];
}

/**
 * Their addresses are from the ranges set aside for documentation (RFC 5737, RFC 3849), and a few from a private
 * network (RFC 1918), where no geo lookup can find a place. Their ids spread over three shards as 13, 14, 13.
 */
export const SHOPPERS: readonly Shopper[] = [
  { id: '112', name: 'Alba', addresses: ['203.0.113.23'] },
  { id: '123', name: 'Ada', addresses: ['203.0.113.45', '198.51.100.27'] },
  { id: '138', name: 'Amir', addresses: ['192.0.2.97'] },
  { id: '151', name: 'Anton', addresses: ['203.0.113.134'] },
  { id: '176', name: 'Bea', addresses: ['198.51.100.171'] },
  { id: '187', name: 'Carla', addresses: ['192.0.2.208', '203.0.113.26'] },
  { id: '204', name: 'Ines', addresses: ['10.0.0.17'] },
  { id: '215', name: 'Chen', addresses: ['198.51.100.52'] },
  { id: '233', name: 'Dara', addresses: ['192.0.2.89'] },
  { id: '248', name: 'Eli', addresses: ['203.0.113.126', '198.51.100.172'] },
  { id: '266', name: 'Emre', addresses: ['198.51.100.163'] },
  { id: '279', name: 'Fay', addresses: ['192.0.2.200'] },
  { id: '288', name: 'Femi', addresses: ['203.0.113.237'] },
  { id: '304', name: 'Gus', addresses: ['198.51.100.44', '192.0.2.78'] },
  { id: '317', name: 'Ravi', addresses: ['192.0.2.81'] },
  { id: '326', name: 'Hana', addresses: ['2001:db8::2a'] },
  { id: '341', name: 'Iris', addresses: ['198.51.100.155'] },
  { id: '358', name: 'Ivan', addresses: ['192.0.2.192', '203.0.113.154'] },
  { id: '372', name: 'Jo', addresses: ['203.0.113.229'] },
  { id: '389', name: 'Kaya', addresses: ['198.51.100.36'] },
  { id: '403', name: 'Kofi', addresses: ['192.0.2.73'] },
  { id: '417', name: 'Leo', addresses: ['10.20.3.4', '192.0.2.88'] },
  { id: '434', name: 'Lucia', addresses: ['198.51.100.147'] },
  { id: '448', name: 'Malik', addresses: ['192.0.2.184'] },
  { id: '456', name: 'Bo', addresses: ['198.51.100.56'] },
  { id: '469', name: 'Maya', addresses: ['198.51.100.28', '192.0.2.206'] },
  { id: '487', name: 'Nils', addresses: ['192.0.2.65'] },
  { id: '502', name: 'Nora', addresses: ['203.0.113.102'] },
  { id: '524', name: 'Olga', addresses: ['2001:db8:7:1::9', '198.51.100.139'] },
  { id: '538', name: 'Pia', addresses: ['192.0.2.176', '203.0.113.42'] },
  { id: '561', name: 'Lena', addresses: ['203.0.113.213'] },
  { id: '574', name: 'Quinn', addresses: ['198.51.100.20'] },
  { id: '598', name: 'Rosa', addresses: ['192.0.2.57'] },
  { id: '608', name: 'Sami', addresses: ['10.0.0.42'] },
  { id: '628', name: 'Tess', addresses: ['198.51.100.131'] },
  { id: '642', name: 'Tom', addresses: ['192.0.2.168'] },
  { id: '659', name: 'Uma', addresses: ['203.0.113.205'] },
  { id: '789', name: 'Mo', addresses: ['203.0.113.9'] },
  { id: '875', name: 'Yuki', addresses: ['192.0.2.75'] },
  { id: '930', name: 'Omar', addresses: ['203.0.113.86'] },
];
