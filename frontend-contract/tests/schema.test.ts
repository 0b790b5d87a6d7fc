// The schema against the last released one: what breaks a frontend has to be declared, what is deprecated has a date.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  TypeInfo,
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  validate,
  parse,
  visit,
  visitWithTypeInfo,
  type GraphQLSchema,
} from "graphql";

const read = (path: string) => readFileSync(path, "utf8");
const schema = buildSchema(read("../schema.graphql"));

interface Declared {
  readonly breaking: readonly string[];
}

/** Whether a client that was made for `before` may be surprised by `now`. */
function breaking(before: GraphQLSchema, now: GraphQLSchema): string[] {
  // An enum's new value is in no branch of a released frontend, and a new implementation in none of its fragments.
  const surprising = findDangerousChanges(before, now).filter(({ type }) => type === "VALUE_ADDED_TO_ENUM" || type === "ARG_DEFAULT_VALUE_CHANGE");
  return [...findBreakingChanges(before, now), ...surprising].map(({ description }) => description);
}

test("nothing breaks a released frontend but what is declared", () => {
  const { breaking: declared } = JSON.parse(read("released/declared.json")) as Declared;
  const found = breaking(buildSchema(read("released/schema.graphql")), schema);
  assert.deepEqual(
    found.filter((change) => !declared.includes(change)),
    [],
    "declare it in released/declared.json and in CHANGELOG.md, or take it back",
  );
  assert.deepEqual(declared.filter((change) => !found.includes(change)), [], "declared, but not done");
  const changelog = read("CHANGELOG.md");
  for (const change of declared) assert.ok(changelog.includes(change), `CHANGELOG.md does not mention: ${change}`);
});

test("a breaking change is noticed", () => {
  const before = buildSchema("type Query { a: Int b(c: Int = 1): E } enum E { X }");
  const now = buildSchema("type Query { b(c: Int = 2): E } enum E { X Y }");
  assert.deepEqual(breaking(before, now).length, 3);
});

test("each released operation still runs", () => {
  const released = JSON.parse(read("released/persisted-documents.json")) as Record<string, string>;
  const trusted = JSON.parse(read("persisted-documents.json")) as Record<string, string>;
  for (const [id, text] of Object.entries(released)) {
    assert.deepEqual(validate(schema, parse(text)).map(({ message }) => message), [], text);
    assert.equal(trusted[id], text, "the documents of earlier releases are trusted until they are removed on purpose");
  }
});

const DATED = /^.+ Removed (on|after) \d{4}-\d{2}-\d{2}\.$/s;

/** The reasons of everything deprecated, by place. */
function deprecated(of: GraphQLSchema): Record<string, string> {
  const reasons: Record<string, string> = {};
  const note = (place: string, reason?: string | null) => {
    if (reason !== undefined && reason !== null) reasons[place] = reason;
  };
  for (const type of Object.values(of.getTypeMap())) {
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value.deprecationReason);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field.deprecationReason);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field.deprecationReason);
        for (const arg of field.args) note(`${type.name}.${field.name}(${arg.name})`, arg.deprecationReason);
      }
    }
  }
  return reasons;
}

test("what is deprecated says what to use instead, and until when it stays", () => {
  const sample = buildSchema('type Query { old: Int @deprecated(reason: "Use `new`.") older: Int @deprecated(reason: "Use `new`. Removed after 2027-05-01.") new: Int }');
  assert.deepEqual(Object.entries(deprecated(sample)).filter(([, reason]) => !DATED.test(reason)).map(([place]) => place), ["Query.old"]);
  const undated = Object.entries(deprecated(schema)).filter(([, reason]) => !DATED.test(reason));
  assert.deepEqual(undated, [], "end the reason with: Removed after YYYY-MM-DD.");
});

test("no operation of the contract uses what is deprecated", () => {
  const used: string[] = [];
  for (const text of Object.values(JSON.parse(read("persisted-documents.json")) as Record<string, string>)) {
    const types = new TypeInfo(schema);
    const Field = () => {
      const field = types.getFieldDef();
      if (field?.deprecationReason) used.push(field.name);
    };
    visit(parse(text), visitWithTypeInfo(types, { Field }));
  }
  assert.deepEqual(used, []);
});
