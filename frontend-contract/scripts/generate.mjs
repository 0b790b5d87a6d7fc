// Makes everything in this package that is made: the types and documents in src/generated/ and the
// manifest of trusted documents. With --check nothing is written, and it fails where something is
// stale.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { Kind, buildASTSchema, parse, print, visit } from "graphql";

const root = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");

const schema = parse(read("../schema.graphql"));
const documents = readdirSync(new URL("operations/", root))
  .filter((file) => file.endsWith(".graphql"))
  .sort()
  .map((file) => {
    const rawSDL = read(`operations/${file}`);
    return { location: `operations/${file}`, rawSDL, document: parse(rawSDL) };
  });

const manifest = {};
const sections = await preset.buildGeneratesSection({
  baseOutputDir: "src/generated/",
  schema,
  schemaAst: buildASTSchema(schema),
  documents,
  config: {
    strictScalars: true,
    scalars: {
      ID: "string",
      Date: "string",
      DateTime: "string",
      LocalTime: "string",
      Month: "string",
      TimeZone: "string",
      RecordVersion: { input: "number | string", output: "never" },
    },
    nonOptionalTypename: true,
    skipTypeNameForRoot: true,
    useTypeImports: true,
    importExtension: ".js",
  },
  presetConfig: {
    fragmentMasking: false,
    // The text whose hash is the id is the one that clients print, so that hashing it in the
    // browser gives the same.
    onExecutableDocumentNode(document) {
      const text = print(document);
      const id = `sha256:${createHash("sha256").update(text).digest("hex")}`;
      manifest[id] = text;
      return { hash: id };
    },
  },
  plugins: [],
  pluginMap: {},
  documentTransforms: [{ name: "typename", config: {}, transformObject: { transform: withTypenames } }],
});

// The caches of clients distinguish records by `__typename`, and would add it themselves. Where it
// is in the documents already, every client sends the same text.
function withTypenames({ documents }) {
  const field = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
  const SelectionSet = (set, _key, parent) =>
    parent.kind === Kind.OPERATION_DEFINITION ? undefined : { ...set, selections: [...set.selections, field] };
  return documents.map((source) => ({ ...source, document: visit(source.document, { SelectionSet: { leave: SelectionSet } }) }));
}

const made = {};
const { version } = JSON.parse(read("package.json"));
made["src/generated/version.ts"] = `/** The version of the contract, which is the server's as well. */\nexport const contractVersion = ${JSON.stringify(version)};\n`;
// What else the preset makes is for operations written inside of TypeScript.
for (const section of sections.filter(({ filename }) => filename.endsWith("/graphql.ts"))) {
  made[section.filename] = `${(await codegen(section)).trimEnd()}\n`;
}
const name = (text) => /(?:query|mutation|subscription) (\w+)/.exec(text)[1];
// The newest text of each operation. The manifest below also holds those of the last release.
const ids = Object.fromEntries(Object.entries(manifest).map(([id, text]) => [name(text), id]).sort());
made["document-ids.json"] = `${JSON.stringify(ids, null, 2)}\n`;
const byName = (documents) =>
  Object.fromEntries(Object.entries(documents).sort(([, a], [, b]) => (name(a) < name(b) ? -1 : 1)));
// Frontends of the last release are still out there: what they send stays trusted.
const released = JSON.parse(read("released/persisted-documents.json"));
made["persisted-documents.json"] = `${JSON.stringify(byName({ ...released, ...manifest }), null, 2)}\n`;

// What each code means, as the schema and the server say it.
const constant = (doc, name, value) => `/** ${doc} */\nexport const ${name} = ${JSON.stringify(value, null, 2)} as const;\n`;
const described = (type) => {
  const { values } = schema.definitions.find((definition) => definition.name?.value === type);
  const text = ({ description }) => description.value.trim().replaceAll(/\s+/g, " ");
  return Object.fromEntries(values.map((value) => [value.name.value, text(value)]));
};
const errorCodes = JSON.parse(read("recorded/error-codes.json"));
made["src/generated/codes.ts"] = [
  constant("What each code among a mutation's `userErrors` means.", "userErrorMeanings", described("UserErrorCode")),
  constant("What each code of a `HaloProblem` means.", "problemMeanings", described("HaloProblemCode")),
  constant(
    "What each `extensions.code` of an error beside `data` means.",
    "errorMeanings",
    Object.fromEntries(Object.entries(errorCodes).map(([code, { meaning }]) => [code, meaning])),
  ),
  constant(
    "The HTTP status of an answer that holds nothing but an error of this code.",
    "errorStatus",
    Object.fromEntries(Object.entries(errorCodes).map(([code, { status }]) => [code, status])),
  ),
].join("\n");

// The recorded answers as TypeScript, so that the compiler holds them to the types.
const kinds = Object.fromEntries(
  Object.values(manifest).map((text) => [name(text), /query|mutation|subscription/.exec(text)[0]]),
);
const operations = Object.fromEntries(
  Object.entries(JSON.parse(read("recorded/operations.json"))).filter(([operation]) => operation in kinds),
);
const refusals = JSON.parse(read("recorded/user-errors.json"));
const typeOf = (operation) => `types.${operation}${kinds[operation][0].toUpperCase()}${kinds[operation].slice(1)}`;
const answers = Object.entries(operations).map(([operation, data]) => [
  `  /** What the server answers to \`${operation}\`. */`,
  `  ${operation}: ${JSON.stringify(data, null, 2).replaceAll("\n", "\n  ")} satisfies ${typeOf(operation)} as ${typeOf(operation)},`,
].join("\n"));
const scenarios = Object.entries(JSON.parse(read("recorded/scenarios.json"))).filter(([operation]) => operation in kinds);
const refused = Object.entries(refusals).filter(([, { operation }]) => operation in operations);
made["src/generated/fixtures.ts"] = `import type * as types from "./graphql.js";

/** The id of each operation's document, as the server trusts it. */
export const documentIds = ${JSON.stringify(ids, null, 2)} as const;

/** What the server answers to each operation. */
export const operations = {
${answers.join("\n")}
};

/** Other answers to some of the operations, by what is special about them. */
export const scenarios = {
${scenarios
  .map(
    ([operation, named]) =>
      `  ${operation}: {\n${Object.entries(named)
        .map(
          ([name, data]) =>
            `    ${name}: ${JSON.stringify(data, null, 2).replaceAll("\n", "\n    ")} satisfies ${typeOf(operation)} as ${typeOf(operation)},`,
        )
        .join("\n")}\n  },`,
  )
  .join("\n")}
} as const;

/** The answer of a mutation that is refused with this code. */
export const refusals = {
${refused
  .map(
    ([code, { operation, data }]) =>
      `  ${code}: {
    operation: "${operation}",
    data: ${JSON.stringify(data, null, 2).replaceAll("\n", "\n    ")} satisfies ${typeOf(operation)} as ${typeOf(operation)},
  },`,
  )
  .join("\n")}
} as const;
`;

if (process.argv.includes("--check")) {
  const stale = Object.keys(made).filter((path) => {
    try {
      return read(path) !== made[path];
    } catch {
      return true;
    }
  });
  if (stale.length > 0) {
    console.error(`Stale: ${stale.join(", ")}. Run \`make contract-update\`.`);
    process.exit(1);
  }
} else {
  mkdirSync(new URL("src/generated/", root), { recursive: true });
  for (const [path, text] of Object.entries(made)) {
    writeFileSync(new URL(path, root), text);
  }
}
