// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// What other readers say of a text: node opinion.mjs FOLDER_OF_PACKAGES
// Each line on stdin is a question {ask, ...} and gets one line on stdout; both are JSON.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const load = createRequire(process.argv[2] + "/");
const jsonc = load("jsonc-parser");
const ts = load("typescript");

// -- JSON: jsonc-parser, and JSON.parse for what is JSON at all --

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

const isJson = (text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const parse = (text) => {
  const errors = [];
  const root = jsonc.parseTree(text, errors, STRICT);
  return errors.length ? undefined : root;
};

// Members keep their order and may repeat a key; a number is as it is written.
const value = (text, node) => {
  if (node.type === "object")
    return { members: node.children.map(({ children: [key, of] }) => [key.value, value(text, of)]) };
  if (node.type === "array") return { items: node.children.map((of) => value(text, of)) };
  if (node.type === "number") return { number: text.slice(node.offset, node.offset + node.length) };
  return { literal: node.value };
};

const json = ({ text }) => {
  const root = parse(text);
  return { strict: isJson(text), parsed: root !== undefined, value: root && value(text, root) };
};

const modify = (text, path, wanted, options = {}) => jsonc.applyEdits(text, jsonc.modify(text, path, wanted, options));

const isObject = (one) => typeof one === "object" && one !== null && !Array.isArray(one);

const merge = (text, path, wanted) => {
  const node = jsonc.findNodeAtLocation(parse(text), path);
  if (!isObject(wanted) || node?.type !== "object") return modify(text, path, wanted);
  return Object.entries(wanted).reduce((merged, [key, one]) => merge(merged, [...path, key], one), text);
};

const insert = (text, { path, value: wanted }) =>
  modify(text, path, wanted, { isArrayInsertion: typeof path.at(-1) === "number" });

// jsonc-parser leaves broken lists where it takes the last item away, so this is on what it has read.
const remove = (of, [step, ...rest]) => {
  const isStep = ([key], index) => step === (of.members ? key : index);
  const parts = of.members ?? of.items.map((one) => [undefined, one]);
  const left = rest.length
    ? parts.map((part, index) => (isStep(part, index) ? [part[0], remove(part[1], rest)] : part))
    : parts.filter((part, index) => !isStep(part, index));
  return of.members ? { members: left } : { items: left.map(([, one]) => one) };
};

const edit = ({ text, kind, edits }) => {
  if (kind === "remove") return { value: edits.reduce((of, { path }) => remove(of, path), value(text, parse(text))) };
  const one = kind === "insert" ? insert : (before, { path, value: wanted }) => merge(before, path, wanted);
  const edited = edits.reduce(one, text);
  return { value: value(edited, parse(edited)) };
};

// What comes before and after the place that an edit may touch.
const around = ({ text, kind, path }) => {
  const root = parse(text);
  const parent = path.length ? jsonc.findNodeAtLocation(root, path.slice(0, -1)) : undefined;
  const target = jsonc.findNodeAtLocation(root, path);
  const end = (node) => node.offset + node.length;
  let [from, to] = [];
  if (kind === "merge" && target) [from, to] = [target.offset, end(target)];
  else {
    const part = target && parent.type === "object" ? target.parent : target;
    const { children } = parent;
    const step = typeof path.at(-1) === "number" ? path.at(-1) : children.length;
    const index = kind === "remove" ? children.indexOf(part) : step;
    const [before, after] = [children[index - 1], children[kind === "remove" ? index + 1 : index]];
    from = before ? end(before) : parent.offset + 1;
    to = after ? after.offset : end(parent) - 1;
  }
  return { before: text.slice(0, from), after: text.slice(to) };
};

// -- TypeScript: the compiler --

const read = (source) => ts.createSourceFile("module.ts", source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);

const all = function* (node) {
  yield node;
  const children = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* all(child);
};

const bare = (node) => {
  let inner = node;
  while (ts.isParenthesizedExpression(inner) || ts.isNonNullExpression(inner)) inner = inner.expression;
  return inner;
};

const isNamed = (node, name) => node !== undefined && ts.isIdentifier(node) && node.text === name;

const isCalled = (node) => ts.isCallExpression(node) || ts.isNewExpression(node);

const isCall = (node, name) => isCalled(node) && isNamed(bare(node.expression), name);

// The other names by which the module may know what is exported with that name: its own, and members of whole modules.
const aliases = (nodes, name) => {
  const own = nodes.filter((node) => ts.isImportSpecifier(node) && isNamed(node.propertyName, name));
  const whole = nodes.filter(ts.isNamespaceImport);
  return (node) =>
    own.some((one) => isNamed(node, one.name.text)) ||
    (ts.isPropertyAccessExpression(node) &&
      isNamed(node.name, name) &&
      whole.some((one) => isNamed(bare(node.expression), one.name.text)));
};

const isType = (node, name) =>
  ((ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) && isNamed(node.name, name)) ||
  (ts.isImportSpecifier(node) && isNamed(node.name, name) && (node.isTypeOnly || isOfTypes(node.parent.parent)));

const isOfTypes = (clause) => clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

// In an expression.
const isValue = (node, name) => {
  if (!isNamed(node, name)) return false;
  const { parent } = node;
  return (
    (isCalled(parent) && (parent.expression === node || !!parent.arguments?.includes(node))) ||
    (ts.isVariableDeclaration(parent) && parent.initializer === node) ||
    (ts.isPropertyAccessExpression(parent) && parent.expression === node) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isTemplateSpan(parent)
  );
};

const isText = (node) => ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node);

// The values of all properties with that name in literals of objects.
const properties = (root, name) =>
  [...all(root)]
    .filter((node) => ts.isObjectLiteralExpression(node.parent ?? root) && node.name !== undefined)
    .filter(({ name: key }) => (ts.isComputedPropertyName(key) ? key.expression : key).text === name)
    .map((node) => (ts.isPropertyAssignment(node) ? node.initializer : undefined));

const textOf = (node) => (node !== undefined && isText(node) ? node.text : null);

const firstText = (node) => {
  if (node === undefined || !ts.isArrayLiteralExpression(node) || !node.elements.length) return null;
  const [first] = node.elements;
  return ts.isTemplateExpression(first) ? first.getText().slice(1, -1) : textOf(first);
};

const importsModules = (root) => {
  const isOwn = (node) => node === undefined || !isText(node) || node.text.startsWith(".");
  return [...all(root)].some((node) => {
    if (ts.isImportDeclaration(node))
      return !isOfTypes(node.importClause) && isOwn(node.moduleSpecifier);
    if (ts.isExportDeclaration(node)) return !node.isTypeOnly && !!node.moduleSpecifier && isOwn(node.moduleSpecifier);
    if (ts.isExternalModuleReference(node)) return !node.parent.isTypeOnly && isOwn(node.expression);
    if (!ts.isCallExpression(node)) return false;
    const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
    return (isImport || isNamed(node.expression, "require")) && isOwn(node.arguments[0]);
  });
};

const facts = ({ source, name, key }) => {
  const root = read(source);
  const nodes = [...all(root)];
  const isAlias = aliases(nodes, name);
  return {
    errors: root.parseDiagnostics.map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n")),
    calls: nodes.some((node) => isCall(node, name)),
    callsAlias: nodes.some((node) => isCalled(node) && isAlias(bare(node.expression))),
    named: nodes.some((node) => isNamed(node, name) || isAlias(node)),
    used: nodes.some((node) => isValue(node, name)) && !nodes.some((node) => isType(node, name)),
    texts: properties(root, key).map(textOf),
    first: properties(root, key).map(firstText),
    imports: importsModules(root),
  };
};

const isImportOf = (node, name, module) =>
  ts.isImportDeclaration(node) &&
  node.moduleSpecifier.text.replace(/\.[cm]?[jt]s$/, "") === module &&
  !isOfTypes(node.importClause) &&
  !!node.importClause?.namedBindings?.elements?.some((one) => !one.isTypeOnly && isNamed(one.name, name) && !one.propertyName);

const isPlainCall = (node, name) =>
  ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) && isNamed(node.expression.expression, name);

// The whole tree but for two kinds of statement.
const shape = (node, name, module) => {
  if (isImportOf(node, name, module) || isPlainCall(node, name)) return "";
  const children = [];
  ts.forEachChild(node, (child) => void children.push(shape(child, name, module)));
  const inner = ts.isToken(node) ? node.getText() : children.join("");
  return ts.isSourceFile(node) ? children.join("") : `(${node.kind} ${inner})`;
};

const exported = (root, name) => {
  const isExported = (node) => !!node.modifiers?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
  for (const node of root.statements.filter(isExported)) {
    if (ts.isFunctionDeclaration(node) && isNamed(node.name, name) && node.body) return node;
    if (!ts.isVariableStatement(node)) continue;
    const found = node.declarationList.declarations.find((one) => isNamed(one.name, name))?.initializer;
    if (found && (ts.isArrowFunction(found) || ts.isFunctionExpression(found))) return found;
  }
  return undefined;
};

// A call in the function `of` with its first argument, and an import.
const added = ({ source, of, name, module }) => {
  const root = read(source);
  const target = exported(root, of);
  const calls = [...all(root)].filter((node) => isCall(node, name));
  const [first] = target?.body?.statements ?? [];
  const isFirst = first !== undefined && isPlainCall(first, name);
  const given = isFirst ? first.expression.arguments.map((one) => one.getText()) : [];
  return {
    errors: root.parseDiagnostics.length,
    shape: shape(root, name, module),
    imports: root.statements.filter((node) => isImportOf(node, name, module)).length,
    calls: calls.length,
    inside: target ? calls.filter((node) => node.pos >= target.body.pos && node.end <= target.body.end).length : 0,
    begins: isFirst && given.length === 1 && given[0] === target.parameters[0]?.name.getText(),
  };
};

const questions = { json, edit, around, facts, added };

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { ask, ...question } = JSON.parse(line);
    answer = questions[ask](question);
  } catch (error) {
    answer = { failure: error.stack };
  }
  console.log(JSON.stringify(answer));
}
