/** The types that stand in messages, read from the sources: their fields and what the comments say of them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');

export interface Field {
  name: string;
  optional: boolean;
  /** As it stands in the source, on one line. */
  type: string;
  meaning: string;
}

export interface Shape {
  name: string;
  meaning: string;
  /** Shapes whose fields it has too. */
  inherits: string[];
  /** Empty: it is another type's name; see `alias`. */
  fields: Field[];
  alias: string | null;
}

/** A constant string, or a function that makes a name. */
export interface Name {
  name: string;
  meaning: string;
  /** Null: a function. */
  value: string | null;
}

export class Sources {
  private readonly files: ts.SourceFile[];
  readonly shapes: ReadonlyMap<string, Shape>;

  /** Files, or folders of them, relative to the root. */
  constructor(paths: readonly string[]) {
    this.files = paths.flatMap(typescriptFiles).map((file) =>
      // with parents: a comment is found by them
      ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true),
    );
    this.shapes = new Map(
      this.statements()
        .flatMap((node) => shapeOf(node) ?? [])
        .map((s) => [s.name, s]),
    );
  }

  /** The shapes by these names, each followed by those that it mentions. */
  reachable(roots: readonly string[]): Shape[] {
    const found = new Map<string, Shape>();
    const queue = roots.map((name) => this.shapeNamed(name));
    for (let shape = queue.shift(); shape; shape = queue.shift()) {
      if (found.has(shape.name)) continue;
      found.set(shape.name, shape);
      queue.unshift(...this.mentioned(shape).map((name) => this.shapeNamed(name)));
    }
    return [...found.values()];
  }

  /** Exported constants that are strings, and the comment of each property of the constant objects by name. */
  strings(): Name[] {
    return this.statements().flatMap((node) =>
      ts.isVariableStatement(node)
        ? node.declarationList.declarations.flatMap((one) => stringOf(node, one))
        : [],
    );
  }

  /** The properties of an exported constant object: value and comment. */
  entries(name: string): Name[] {
    for (const node of this.statements()) {
      if (!ts.isVariableStatement(node)) continue;
      const object = node.declarationList.declarations.find(
        (one) => one.name.getText() === name,
      )?.initializer;
      if (object) return propertiesOf(ts.isAsExpression(object) ? object.expression : object);
    }
    throw new Error(`there is no constant ${name}`);
  }

  /** Names of other shapes in its fields, in their order. */
  mentioned({ fields, alias, inherits }: Shape): string[] {
    const text = [...inherits, alias ?? '', ...fields.map(({ type }) => type)].join(' ');
    return [...new Set(text.match(/\b[A-Z]\w+/g))].filter((name) => this.shapes.has(name));
  }

  private shapeNamed(name: string): Shape {
    const shape = this.shapes.get(name);
    if (!shape) throw new Error(`there is no type ${name}`);
    return shape;
  }

  private statements(): ts.Statement[] {
    return this.files.flatMap((file) => [...file.statements]).filter(isExported);
  }
}

function typescriptFiles(path: string): string[] {
  if (path.endsWith('.ts')) return [path];
  return readdirSync(join(ROOT, path))
    .map((name) => join(path, name))
    .sort();
}

function isExported(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

function shapeOf(node: ts.Statement): Shape | undefined {
  if (ts.isInterfaceDeclaration(node)) {
    const inherits = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()));
    const fields = node.members.filter(ts.isPropertySignature).map(fieldOf);
    return { name: node.name.text, meaning: commentOf(node), inherits, fields, alias: null };
  }
  if (!ts.isTypeAliasDeclaration(node)) return undefined;
  return {
    ...{ name: node.name.text, meaning: commentOf(node), inherits: [], fields: [] },
    alias: oneLine(node.type),
  };
}

function fieldOf(node: ts.PropertySignature): Field {
  return {
    name: ts.isStringLiteral(node.name) ? node.name.text : node.name.getText(),
    optional: node.questionToken !== undefined,
    type: node.type ? oneLine(node.type) : 'unknown',
    meaning: commentOf(node),
  };
}

function stringOf(statement: ts.VariableStatement, { name, initializer }: ts.VariableDeclaration): Name[] {
  if (!initializer || !ts.isStringLiteral(initializer)) return [];
  return [{ name: name.getText(), meaning: commentOf(statement), value: initializer.text }];
}

function propertiesOf(object: ts.Expression): Name[] {
  if (!ts.isObjectLiteralExpression(object)) throw new Error(`${object.getText()} is no object`);
  return object.properties.filter(ts.isPropertyAssignment).map((property) => ({
    ...{ name: property.name.getText(), meaning: commentOf(property) },
    value: ts.isStringLiteral(property.initializer)
      ? property.initializer.text
      : property.initializer.getText(),
  }));
}

/** Of the last comment above it, in one line. */
function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\s+/g, ' ').trim();
}

/** Without comments within it. */
function oneLine(type: ts.TypeNode): string {
  return type
    .getText()
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/^\| /, '')
    .trim();
}
