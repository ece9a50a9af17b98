/**
 * From the TypeScript of a processor to what a realm runs: types are taken away, imports and exports become calls, lines stay where they are.
 * Types are not checked here: the editor does that. `import()` is refused, at its line. Where it is not found it becomes a call of `require` like
 * the others, which matters: Node's own way to answer it would hand an object of the outer realm in.
 */
import { type AnyNode, parse } from 'acorn';
import { transform } from 'sucrase';
import { LabError } from '../api/errors.ts';
import { SOURCE_CHARACTERS_MAX } from '../api/processors.ts';

/** `bad-input`, with the place in the file, where the source can not be read. `fileName`: as it is named in errors. */
export function compileProcessor(source: string, fileName: string): string {
  if (source.length > SOURCE_CHARACTERS_MAX) {
    const most = SOURCE_CHARACTERS_MAX.toLocaleString('en');
    throw new LabError('bad-input', `${fileName} has ${source.length.toLocaleString('en')} characters; a processor has at most ${most}.`);
  }
  const options = { disableESTransforms: true, production: true, filePath: fileName } as const;
  const written = (preserveDynamicImport: boolean): string => {
    try {
      return transform(source, { ...options, transforms: ['typescript', 'imports'], preserveDynamicImport }).code;
    } catch (cause) {
      throw syntaxError(cause, fileName);
    }
  };
  const code = written(true);
  if (!/\bimport\b/.test(code)) return code;
  const place = placeOfImport(code);
  if (place === null) return written(false);
  throw new LabError(
    'bad-input',
    `${fileName}:${place.line}:${place.column + 1}: A processor imports from 'loglab' alone; there is no import() here.`,
  );
}

/** Null where there is none, or acorn can not read the code. */
function placeOfImport(code: string): { line: number; column: number } | null {
  let tree: AnyNode;
  try {
    tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowReturnOutsideFunction: true, locations: true });
  } catch {
    return null;
  }
  const open: unknown[] = [tree];
  for (let node = open.pop() as Partial<AnyNode> | undefined; node !== undefined; node = open.pop() as Partial<AnyNode> | undefined) {
    if (node?.type === 'ImportExpression') return node.loc!.start;
    if (typeof node === 'object' && node !== null)
      open.push(
        ...Object.values(node)
          .flat()
          .filter((part) => typeof part === 'object' && part !== null),
      );
  }
  return null;
}

function syntaxError(cause: unknown, fileName: string): LabError {
  const { message, loc } = cause as Error & { loc?: { line: number; column: number } };
  const said = message.replace(/^Error transforming .*?: /, '').replace(/ \(\d+:\d+\)$/, '');
  const place = loc ? `${fileName}:${loc.line}:${loc.column}` : fileName;
  return new LabError('bad-input', `${place}: ${said}`, { cause });
}
