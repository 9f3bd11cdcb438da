/**
 * Which words a page says, read out of the sources: the literals in a module and in all that it imports that are message
 * keys, and the families whose last piece comes from the hub (`named(t, 'state', …)`, `harm_${…}`).
 */
import ts from 'typescript';
import { ROOMS, WAYS, type MessageKey, type Room } from '../i18n/rooms';

const SOURCES = import.meta.glob<string>('../**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Where an import leads that a page of its own stands behind: what is there says its words itself. */
const DOORS = new Set(['main.tsx', 'app/App.tsx', 'app/Pages.tsx']);
/** Families that are chosen by something else than a literal. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  'pages/network/NeedList.tsx': ['case_', 'quarantine_', 'work_', 'why_'],
  'lib/problems.ts': ['field_', 'rule_', 'problem_'],
};
/** Literals that only look like a key: icons, deeds, filters, resources, rooms. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'app/Pages.tsx': ['mine'],
  'app/Shell.tsx': ['close'],
  'app/sections.ts': ['mine'],
  'pages/network/NeedList.tsx': ['unlock', 'restart', 'dock'],
  'pages/people/NewCard.tsx': ['unlock'],
  'pages/people/NewStaff.tsx': ['unlock'],
  'pages/people/NewVoucher.tsx': ['unlock'],
  'pages/balance/Tasks.tsx': ['mine'],
  'pages/plain/lists.tsx': ['vouchers', 'cards'],
  'lib/needs.ts': ['revoked', 'dock'],
  'lib/station.ts': ['revoked'],
  'lib/places.ts': ['revoked'],
};
/** Keys that begin like a family and are none of it. */
const APART: readonly string[] = ['case_to_bill'];
/** Properties whose value is never a message. */
const NAMES = new Set(['source', 'name', 'icon', 'family', 'method', 'path', 'field', 'type', 'tone']);

interface Seen {
  readonly imports: Set<string>;
  readonly later: Set<string>;
  readonly literals: Set<string>;
  readonly families: Set<string>;
}

const seen = new Map<string, Seen>();

/** The room of every key. */
export async function roomsOfKeys(): Promise<ReadonlyMap<string, Room>> {
  const found = new Map<string, Room>();
  for (const room of ROOMS) {
    for (const key of Object.keys(await WAYS[room].en())) {
      if (found.has(key)) throw new Error(`${key} stands in ${found.get(key) ?? ''} and in ${room}`);
      found.set(key, room);
    }
  }
  return found;
}

/** The keys that these modules say, themselves and by what they import. */
export function saidBy(entries: readonly string[], keys: ReadonlyMap<string, Room>): ReadonlySet<MessageKey> {
  const said = new Set<string>();
  for (const path of closureOf(entries)) {
    const { literals, families } = look(path);
    const not = OTHERS[path] ?? [];
    for (const one of literals) if (keys.has(one) && !not.includes(one)) said.add(one);
    for (const family of [...families, ...(CHOSEN[path] ?? [])])
      for (const one of members(family, keys)) said.add(one);
  }
  return said as ReadonlySet<MessageKey>;
}

/** The pages that this module names by `page(…)`: the module behind it, and the rooms that it asks for. */
export function pagesOf(
  path: string,
): readonly { readonly path: string; readonly rooms: readonly string[] }[] {
  const found: { path: string; rooms: readonly string[] }[] = [];
  const loaders = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    const declared = ts.isVariableDeclaration(node) ? importedIn(node.initializer, path) : undefined;
    if (declared !== undefined && ts.isVariableDeclaration(node)) loaders.set(node.name.getText(), declared);
    if (ts.isCallExpression(node) && node.expression.getText() === 'page') {
      const [load, , ...rooms] = node.arguments;
      const behind = importedIn(load, path) ?? loaders.get(load?.getText() ?? '') ?? '';
      found.push({ path: behind, rooms: rooms.map((one) => (ts.isStringLiteral(one) ? one.text : '')) });
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed(path));
  return found;
}

/** What `() => import('…')` imports. */
function importedIn(node: ts.Node | undefined, path: string): string | undefined {
  const body = node !== undefined && ts.isArrowFunction(node) ? node.body : undefined;
  if (body === undefined || !isImport(body)) return undefined;
  return resolved(path, body.arguments[0]);
}

function closureOf(entries: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path) || path.startsWith('i18n/')) return;
    found.add(path);
    look(path).imports.forEach(visit);
    if (!DOORS.has(path)) look(path).later.forEach(visit);
  };
  entries.forEach(visit);
  return found;
}

let everywhere: { readonly literals: ReadonlySet<string>; readonly families: readonly string[] } | undefined;

/** A key belongs to the longest family that it begins with; one that is said as it stands belongs to none. */
function members(family: string, keys: ReadonlyMap<string, Room>): readonly string[] {
  if (everywhere === undefined) {
    const all = Object.keys(SOURCES)
      .map((one) => one.slice('../'.length))
      .filter((one) => !/^(i18n|testing)\/|\.test\./.test(one));
    everywhere = {
      literals: new Set(all.flatMap((one) => [...look(one).literals])),
      families: [...new Set(all.flatMap((one) => [...look(one).families])), ...Object.values(CHOSEN).flat()],
    };
  }
  const { literals, families } = everywhere;
  const longer = families.filter((one) => one.length > family.length && one.startsWith(family));
  return [...keys.keys()].filter(
    (key) =>
      key.startsWith(family) &&
      !literals.has(key) &&
      !APART.includes(key) &&
      !longer.some((one) => key.startsWith(one)),
  );
}

function look(path: string): Seen {
  const known = seen.get(path);
  if (known !== undefined) return known;
  const found: Seen = { imports: new Set(), later: new Set(), literals: new Set(), families: new Set() };
  seen.set(path, found);
  lookAt(parsed(path), path, found);
  return found;
}

function lookAt(node: ts.Node, path: string, found: Seen): void {
  if (imported(node, path, found) || isSilent(node) || asked(node, path, found)) return;
  if (ts.isStringLiteralLike(node)) found.literals.add(node.text);
  if (ts.isTemplateExpression(node) && /^[a-zA-Z]\w*_$/.test(node.head.text)) {
    found.families.add(node.head.text);
  }
  sayingOf(node).forEach((one) => lookAt(one, path, found));
}

/** The pieces of a node in which something may be said. */
function sayingOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isCaseClause(node)) return node.statements;
  if (ts.isPropertyAssignment(node)) return [node.initializer];
  if (ts.isElementAccessExpression(node)) return [node.expression];
  const pieces: ts.Node[] = [];
  ts.forEachChild(node, (one) => void pieces.push(one));
  return pieces;
}

/** Types and comparisons say nothing. */
function isSilent(node: ts.Node): boolean {
  if (ts.isBinaryExpression(node)) return /^[!=]==$/.test(node.operatorToken.getText());
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function imported(node: ts.Node, path: string, found: Seen): boolean {
  if (ts.isImportDeclaration(node)) {
    const to = isTypeOnly(node) ? undefined : resolved(path, node.moduleSpecifier);
    if (to !== undefined) found.imports.add(to);
    return true;
  }
  if (!isImport(node)) return false;
  const to = resolved(path, node.arguments[0]);
  if (to !== undefined) found.later.add(to);
  return true;
}

/** Attributes and properties with a plain text are names, but for `family`; calls that name what the hub tells. */
function asked(node: ts.Node, path: string, found: Seen): boolean {
  const isAttribute = ts.isJsxAttribute(node);
  if (
    (isAttribute || ts.isPropertyAssignment(node)) &&
    node.initializer &&
    ts.isStringLiteral(node.initializer)
  ) {
    const name = node.name.getText();
    if (name === 'family') found.families.add(`${node.initializer.text}_`);
    return isAttribute || NAMES.has(name);
  }
  if (!ts.isCallExpression(node) || !/^(named|cell\.\w+)$/.test(node.expression.getText())) return false;
  called(node, path, found);
  return true;
}

/** `named(t, family, code)`, and the cells of plain lists that name what the hub tells. */
function called(node: ts.CallExpression, path: string, found: Seen): void {
  const [first, family, ...rest] = node.arguments;
  if (node.expression.getText() === 'named') {
    chosen(family).forEach((one) => found.families.add(`${one}_`));
    rest.forEach((one) => lookAt(one, path, found));
  } else if (/^cell\.(code|codes|state)$/.test(node.expression.getText())) {
    chosen(family ?? first).forEach((one) => found.families.add(family === undefined ? 'state_' : `${one}_`));
  } else
    [family, ...rest].forEach(
      (one) => one !== undefined && !ts.isStringLiteral(one) && lookAt(one, path, found),
    );
}

function chosen(node: ts.Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...chosen(node.whenTrue), ...chosen(node.whenFalse)];
  return ts.isBinaryExpression(node) ? chosen(node.right) : [];
}

function isImport(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  const names = importClause.namedBindings;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  if (importClause.name !== undefined || names === undefined || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((one) => one.isTypeOnly);
}

/** The source that an import of ours leads to; undefined for packages and styles. */
function resolved(from: string, to: ts.Node | undefined): string | undefined {
  if (to === undefined || !ts.isStringLiteral(to) || !to.text.startsWith('.')) return undefined;
  const pieces = from.split('/').slice(0, -1);
  for (const piece of to.text.split('/')) {
    if (piece === '..') pieces.pop();
    else if (piece !== '.') pieces.push(piece);
  }
  return ['.ts', '.tsx'].map((end) => pieces.join('/') + end).find((one) => sourceOf(one) !== undefined);
}

const trees = new Map<string, ts.SourceFile>();

function parsed(path: string): ts.SourceFile {
  const known = trees.get(path);
  if (known !== undefined) return known;
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(path, sourceOf(path) ?? '', ts.ScriptTarget.Latest, true, kind);
  trees.set(path, tree);
  return tree;
}

/** Vite names what lies beside this file `./said.ts`. */
function sourceOf(path: string): string | undefined {
  return SOURCES[path.startsWith('testing/') ? `./${path.slice('testing/'.length)}` : `../${path}`];
}
