/**
 * For rehearsals a processor's code notes, before each of its statements, the line that runs: an assignment, which costs next to nothing. The
 * lines stay where they are, columns move; `placeOf` moves them back.
 */
import { parse, type AnyNode, type Node } from 'acorn';
import type { Failure } from '../../realm/outcome.ts';

export interface TracedCode {
  code: string;
  placeOf(failure: Failure): Failure;
}

interface Insert {
  at: number;
  text: string;
  /** Of what stands around something the second one. */
  closes: boolean;
  line: number;
  column: number;
}

/** `code`: as compile.ts has made it. */
export function tracedLines(code: string): TracedCode {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowReturnOutsideFunction: true, locations: true });
  let name = 'line$';
  while (code.includes(name)) name += '$';
  const inserts: Insert[] = [];
  const insert = (at: number, text: string, { line, column }: { line: number; column: number }, closes = false): void =>
    void inserts.push({ at, text, closes, line, column });

  function note(node: Node): string {
    return `${name}=${node.loc!.start.line}`;
  }
  function statements(body: readonly Node[]): void {
    for (const statement of body) {
      const { type } = statement;
      if (type === 'FunctionDeclaration' || type === 'EmptyStatement' || 'directive' in statement) continue;
      insert(statement.start, `${note(statement)};`, statement.loc!.start);
    }
  }
  /** A statement where only one can stand. */
  function single(node: Node | null | undefined): void {
    if (!node || node.type === 'BlockStatement' || node.type === 'EmptyStatement') return;
    insert(node.start, `{${note(node)};`, node.loc!.start);
    insert(node.end, '}', node.loc!.end, true);
  }
  function visit(node: AnyNode): void {
    if (node.type === 'BlockStatement' || node.type === 'StaticBlock') statements(node.body);
    else if (node.type === 'Program') {
      const first = node.body.find((statement) => !('directive' in statement));
      if (first) {
        const tell = `let ${name}=0;exports["loglab line"]=(next)=>next<0?${name}:${name}=next;`;
        insert(first.start, tell, first.loc!.start);
      }
      statements(node.body);
    } else if (node.type === 'SwitchCase') statements(node.consequent);
    else if (node.type === 'IfStatement') {
      single(node.consequent);
      single(node.alternate);
    } else if (
      node.type === 'ForStatement' ||
      node.type === 'ForInStatement' ||
      node.type === 'ForOfStatement' ||
      node.type === 'WhileStatement' ||
      node.type === 'DoWhileStatement'
    ) {
      single(node.body);
    } else if (node.type === 'ArrowFunctionExpression' && node.expression) {
      insert(node.body.start, `(${note(node.body)},`, node.body.loc!.start);
      insert(node.body.end, ')', node.body.loc!.end, true);
    }
    for (const part of Object.values(node) as unknown[]) {
      if (Array.isArray(part)) part.filter(isNode).forEach(visit);
      else if (isNode(part)) visit(part);
    }
  }

  visit(tree as AnyNode);
  const asMade = new Map(inserts.map((each, index) => [each, index]));
  // What is within something else was made later: it opens later, and closes earlier.
  inserts.sort((one, other) => {
    if (one.at !== other.at) return one.at - other.at;
    if (one.closes !== other.closes) return one.closes ? -1 : 1;
    return one.closes ? asMade.get(other)! - asMade.get(one)! : asMade.get(one)! - asMade.get(other)!;
  });
  let traced = '';
  let from = 0;
  for (const { at, text } of inserts) {
    traced += code.slice(from, at) + text;
    from = at;
  }
  return { code: traced + code.slice(from), placeOf: (failure) => movedBack(failure, inserts) };
}

function movedBack(failure: Failure, inserts: readonly Insert[]): Failure {
  if (!failure.place) return failure;
  const { line } = failure.place;
  let column = failure.place.column;
  // Columns of the tree begin at 0, those of a place at 1.
  for (const insert of inserts) if (insert.line === line && insert.column < column) column -= insert.text.length;
  return { ...failure, place: { line, column } };
}

function isNode(part: unknown): part is AnyNode {
  return typeof part === 'object' && part !== null && typeof (part as { type?: unknown }).type === 'string' && 'start' in part;
}
