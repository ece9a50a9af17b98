/** Fields of a JSON value by dotted path. */

/** Reads the value at `path` (`shopper.id`), undefined where there is none. A name with dots in it wins over the nested one. */
export function fieldReader(path: string): (value: unknown) => unknown {
  const names = path.split('.');
  return (value) => {
    if (names.length > 1 && hasOwn(value, path)) return value[path];
    let at = value;
    for (const name of names) {
      if (!hasOwn(at, name)) return undefined;
      at = at[name];
    }
    return at;
  };
}

function hasOwn(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}
