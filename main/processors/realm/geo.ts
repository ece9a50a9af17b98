/**
 * Where an address lies, by a MaxMind DB file (version 2.0 of its format), which mmdb-lib reads; ipaddr.js reads the
 * address. What is asked and answered are copies: nothing of
 * the file is handed out.
 */
import { Buffer } from 'buffer/';
import type { Geo, GeoAnswer } from 'loglab';
import ipaddr from 'ipaddr.js';
import { Reader } from 'mmdb-lib';

/** Parts of the file that are kept decoded. */
const CACHE_ENTRIES_MAX = 4_096;

/** What of a city or country database is told. */
interface Found {
  city?: { names?: { en?: string } };
  country?: { iso_code?: string; names?: { en?: string } };
  location?: { latitude?: number; longitude?: number };
}

/** What is of one's own network, of this machine, or of no machine at all, as ipaddr.js names it. Addresses kept for documentation are "reserved". */
const PRIVATE = ['private', 'uniqueLocal', 'carrierGradeNat', 'loopback', 'linkLocal', 'unspecified', 'broadcast', 'multicast'];

export class GeoFile implements Geo {
  #bytes: Buffer | null = null;
  #reader: Reader<never> | null = null;

  /** Room for the file; it is to be filled, then {@link open}. */
  room(size: number): Uint8Array {
    this.#bytes = Buffer.alloc(size);
    return this.#bytes;
  }

  /** Says why the file is none that can be read, or null. */
  open(): string | null {
    const known = new Map<number | string, unknown>();
    const cache = {
      get: (key: number | string) => known.get(key),
      set(key: number | string, value: unknown) {
        if (known.size >= CACHE_ENTRIES_MAX) known.clear();
        known.set(key, value);
      },
    };
    try {
      this.#reader = new Reader(this.#bytes as never, { cache } as never);
      return null;
    } catch (thrown) {
      return (thrown as Error).message;
    }
  }

  lookup(address: string): GeoAnswer {
    const parsed = parse(address);
    if (!parsed) return none('malformed');
    if (PRIVATE.includes(parsed.range())) return none('private');
    if (!this.#reader) throw new Error('Only a processor whose text says ctx.geo has the geo database.');
    const found = this.#reader.get(parsed.toString()) as Found | null;
    if (!found?.country && !found?.city) return none('unknown');
    const { city, country, location } = found;
    return {
      kind: 'found',
      country: country?.names?.en ?? null,
      countryCode: country?.iso_code ?? null,
      city: city?.names?.en ?? null,
      latitude: location?.latitude ?? null,
      longitude: location?.longitude ?? null,
    };
  }
}

function none(kind: 'unknown' | 'private' | 'malformed'): GeoAnswer {
  return { kind, country: null, countryCode: null, city: null, latitude: null, longitude: null };
}

/** Null for what is none. An IPv4 address within IPv6 (::ffff:192.0.2.1) is that IPv4 address. */
function parse(address: unknown): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (typeof address !== 'string' || address.includes('%')) return null;
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return null;
  return ipaddr.process(address);
}
