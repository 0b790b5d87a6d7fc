// Makes the contract as it is now the released one, against which later changes are held. For a new
// release: raise the version in package.json and Cargo.toml, describe it in CHANGELOG.md, then run
// this.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const file = (path) => new URL(path, root);
const { version } = JSON.parse(readFileSync(file("package.json"), "utf8"));

if (!readFileSync(file("CHANGELOG.md"), "utf8").includes(`\n## ${version} (`)) {
  console.error(`CHANGELOG.md says nothing about ${version}: begin a section with "## ${version} (YYYY-MM-DD)".`);
  process.exit(1);
}
copyFileSync(file("../schema.graphql"), file("released/schema.graphql"));
copyFileSync(file("persisted-documents.json"), file("released/persisted-documents.json"));
copyFileSync(file("recorded/error-codes.json"), file("released/error-codes.json"));
writeFileSync(file("released/declared.json"), `${JSON.stringify({ breaking: [] }, null, 2)}\n`);
