// Which other files a source file names. The gates and the build of the package ask the same question, so it is answered once.
import { parseSync } from "vite";

/**
 * @typedef {object} Reference
 * @property {"import" | "url"} kind `url`: a `new URL("literal", import.meta.url)`, the form that bundlers recognise
 * @property {string} specifier as written, without quotes
 * @property {number} start offset of the specifier's first character after the quote
 * @property {number} end offset after its last character
 * @property {number} line counted from 1
 */

/**
 * All imports (static, dynamic, re-exports, type imports, `import("…")` types) and URL literals of one file, in order.
 * @param {string} file its name says the language: .ts, .d.ts, .js, .mjs
 * @param {string} code
 * @returns {Reference[]}
 * @throws Error where the file can not be parsed
 */
export function referencesOf(file, code) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const references = [];
  const add = (kind, literal) => {
    if (literal?.type !== "Literal" || typeof literal.value !== "string") return;
    references.push({
      kind,
      specifier: literal.value,
      start: literal.start + 1,
      end: literal.end - 1,
      line: code.slice(0, literal.start).split("\n").length,
    });
  };
  walk(program, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
      case "ImportExpression":
      case "TSImportType":
        add("import", node.source);
        break;
      case "TSExternalModuleReference":
        add("import", node.expression);
        break;
      case "NewExpression":
        if (node.callee.name === "URL" && isMetaUrl(node.arguments[1])) {
          add("url", node.arguments[0]);
        }
        break;
    }
  });
  return references.toSorted((a, b) => a.start - b.start);
}

/** `code` with each specifier replaced by what `rename` gives for it; undefined leaves it alone. */
export function renameReferences(file, code, rename) {
  let result = code;
  for (const reference of referencesOf(file, code).toReversed()) {
    const renamed = rename(reference);
    if (renamed === undefined || renamed === reference.specifier) continue;
    result = result.slice(0, reference.start) + renamed + result.slice(reference.end);
  }
  return result;
}

function isMetaUrl(node) {
  return (
    node?.type === "MemberExpression" &&
    node.object.type === "MetaProperty" &&
    node.property.name === "url"
  );
}

function walk(node, visit) {
  if (Array.isArray(node)) for (const child of node) walk(child, visit);
  else if (node !== null && typeof node === "object") {
    if (typeof node.type === "string") visit(node);
    for (const key of Object.keys(node)) walk(node[key], visit);
  }
}
