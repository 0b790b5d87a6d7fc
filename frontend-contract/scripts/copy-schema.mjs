// The package brings the schema along.
import { copyFileSync } from "node:fs";

copyFileSync(new URL("../../schema.graphql", import.meta.url), new URL("../dist/schema.graphql", import.meta.url));
