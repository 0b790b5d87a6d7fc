// Holds every saved operation against the schema: `node check-operations.mjs [schema.graphql]`.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, parse, validate } from 'graphql';

const here = dirname(fileURLToPath(import.meta.url));
const schemaFile = process.argv[2] ?? join(here, '../../../schema.graphql');
const schema = buildSchema(readFileSync(schemaFile, 'utf8'));

let wrong = 0;
const names = readdirSync(join(here, 'operations')).sort();
for (const name of names) {
  const errors = validate(schema, parse(readFileSync(join(here, 'operations', name), 'utf8')));
  for (const { message, locations } of errors) console.error(`operations/${name}:${locations?.[0]?.line}: ${message}`);
  wrong += errors.length;
}
if (wrong > 0) {
  console.error('The playground hides what does not fit. Change the operation, or the schema back.');
  process.exit(1);
}
console.log(`${names.length} saved operations fit ${schemaFile}.`);
