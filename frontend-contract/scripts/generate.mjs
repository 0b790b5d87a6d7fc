// Makes everything in this package that is made: the types and documents in src/generated/ and the manifest of trusted
// documents. With --check nothing is written, and it fails where something is stale.
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
      DateTime: "string",
      LocalTime: "string",
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
    // The text whose hash is the id is the one that clients print, so that hashing it in the browser gives the same.
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

// The caches of clients tell records apart by `__typename`, and would add it themselves. Where it is in the documents
// already, every client sends the same text.
function withTypenames({ documents }) {
  const field = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
  const SelectionSet = (set, _key, parent) =>
    parent.kind === Kind.OPERATION_DEFINITION ? undefined : { ...set, selections: [...set.selections, field] };
  return documents.map((source) => ({ ...source, document: visit(source.document, { SelectionSet: { leave: SelectionSet } }) }));
}

const made = {};
// What else the preset makes is for operations written inside of TypeScript.
for (const section of sections.filter(({ filename }) => filename.endsWith("/graphql.ts"))) {
  made[section.filename] = `${(await codegen(section)).trimEnd()}\n`;
}
const name = (text) => /(?:query|mutation|subscription) (\w+)/.exec(text)[1];
const sorted = Object.entries(manifest).sort(([, a], [, b]) => (name(a) < name(b) ? -1 : 1));
made["persisted-documents.json"] = `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;

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
