// The schema against the last released one: what breaks a frontend has to be declared, what is
// deprecated has a date.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import {
  NoDeprecatedCustomRule,
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  validate,
  parse,
  type GraphQLSchema,
} from "graphql";

const read = (path: string) => readFileSync(path, "utf8");
const schema = buildSchema(read("../schema.graphql"));

interface Declared {
  readonly breaking: readonly string[];
}

/** Whether a client that was made for `before` may be surprised by `now`. */
function breaking(before: GraphQLSchema, now: GraphQLSchema): string[] {
  // An enum's new value is in no branch of a released frontend, and a new implementation in none of
  // its fragments.
  const surprising = findDangerousChanges(before, now).filter(({ type }) => type === "VALUE_ADDED_TO_ENUM" || type === "ARG_DEFAULT_VALUE_CHANGE");
  return [...findBreakingChanges(before, now), ...surprising].map(({ description }) => description).concat(defaults(before, now));
}

/**
 * A default that is another now, or gone, changes what a request means that leaves the value out.
 */
function defaults(before: GraphQLSchema, now: GraphQLSchema): string[] {
  const inputs = (of: GraphQLSchema) =>
    Object.values(of.getTypeMap()).filter((type) => isInputObjectType(type)).flatMap((type) =>
      Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, JSON.stringify(field.defaultValue)] as const),
    );
  const today = new Map(inputs(now));
  // That a default of an argument is another is among the changes that graphql-js finds, that there
  // is none any more as well.
  return inputs(before)
    .filter(([place, value]) => today.has(place) && today.get(place) !== value)
    .map(([place, value]) => `${place} has changed defaultValue from ${value ?? "none"} to ${today.get(place) ?? "none"}.`);
}

/**
 * Codes of errors beside `data` that one side has and the other has not, or with another status.
 */
function codes(before: Codes, now: Codes): string[] {
  const all = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return all.flatMap((code) => {
    const [was, is] = [before[code]?.status, now[code]?.status];
    if (was === is) return [];
    if (was === undefined) return [`The error code ${code} was added.`];
    return [is === undefined ? `The error code ${code} was removed.` : `The error code ${code} has status ${is} in place of ${was}.`];
  });
}

type Codes = Readonly<Record<string, { readonly status: number }>>;
const codesIn = (file: string) => JSON.parse(read(file)) as Codes;

test("nothing breaks a released frontend but what is declared", () => {
  const { breaking: declared } = JSON.parse(read("released/declared.json")) as Declared;
  const found = [
    ...breaking(buildSchema(read("released/schema.graphql")), schema),
    ...codes(codesIn("released/error-codes.json"), codesIn("recorded/error-codes.json")),
  ];
  assert.deepEqual(
    found.filter((change) => !declared.includes(change)),
    [],
    "declare it in released/declared.json and in CHANGELOG.md, or take it back",
  );
  assert.deepEqual(declared.filter((change) => !found.includes(change)), [], "declared, but not done");
  const changelog = read("CHANGELOG.md").replaceAll(/\s+/g, " ");
  for (const change of declared) assert.ok(changelog.includes(change), `CHANGELOG.md does not mention: ${change}`);
});

/** What is to be said of versions, where it is not right. */
function versions(changelog: string, version: string, declared: readonly string[]): string | null {
  const released = /^## (\d+\.\d+\.\d+) \(/m.exec(changelog)?.[1] ?? "0.0.0";
  const next = /^## Next$(.*?)^## /ms.exec(`${changelog}\n## `)?.[1] ?? "";
  if (!next.includes("Breaking:") && declared.length === 0) return null;
  if (!next.includes("Breaking:")) return 'a declared change is "Breaking:" in CHANGELOG.md under Next';
  const parts = (text: string) => text.split(".").map(Number) as [number, number, number];
  const [[major, minor], [major0, minor0]] = [parts(version), parts(released)];
  // Before 1.0, the second number says that something broke.
  const raised = major > major0 || (major === 0 && major0 === 0 && minor > minor0);
  return raised ? null : `${version} has to be raised above ${released}: something breaks`;
}

test("a version that breaks a frontend is not called as the last one", () => {
  const { breaking: declared } = JSON.parse(read("released/declared.json")) as Declared;
  const { version } = JSON.parse(read("package.json")) as { version: string };
  assert.equal(versions(read("CHANGELOG.md"), version, declared), null);
  const changelog = "## Next\n\n- Breaking: all.\n\n## 0.1.0 (2026-11-24)\n";
  assert.match(versions(changelog, "0.1.0", ["all"]) ?? "", /raised above 0\.1\.0/);
  assert.equal(versions(changelog, "0.2.0", ["all"]), null);
  assert.match(versions(changelog.replace("0.1.0", "1.1.0"), "1.2.0", []) ?? "", /raised/);
  assert.match(versions(changelog.replace("Breaking: all", "More"), "0.2.0", ["all"]) ?? "", /Breaking/);
  assert.equal(versions("## 0.1.0 (2026-11-24)\n", "0.1.0", []), null);
});

test("a breaking change is noticed", () => {
  const before = buildSchema("type Query { a: Int b(c: Int = 1): E } enum E { X }");
  const now = buildSchema("type Query { b(c: Int = 2): E } enum E { X Y }");
  assert.deepEqual(breaking(before, now).length, 3);
});

test("another default is noticed, and another list of codes", () => {
  const before = buildSchema("type Query { a(b: Int = 1, i: I): Int } input I { c: Int = 1 d: Int = 2 e: Int f: Int = 3 }");
  const now = buildSchema("type Query { a(b: Int, i: I): Int } input I { c: Int = 4 d: Int e: Int = 5 f: Int = 3 g: Int = 6 }");
  assert.deepEqual(breaking(before, now), [
    "Query.a arg b defaultValue was removed.",
    "I.c has changed defaultValue from 1 to 4.",
    "I.d has changed defaultValue from 2 to none.",
    "I.e has changed defaultValue from none to 5.",
  ]);
  assert.deepEqual(codes({ A: { status: 400 }, B: { status: 400 } }, { B: { status: 404 }, C: { status: 500 } }), [
    "The error code A was removed.",
    "The error code B has status 404 in place of 400.",
    "The error code C was added.",
  ]);
});

test("each released operation still runs", () => {
  const released = JSON.parse(read("released/persisted-documents.json")) as Record<string, string>;
  const trusted = JSON.parse(read("persisted-documents.json")) as Record<string, string>;
  for (const [id, text] of Object.entries(released)) {
    assert.deepEqual(validate(schema, parse(text)).map(({ message }) => message), [], text);
    assert.equal(trusted[id], text, "the documents of earlier releases are trusted until they are removed on purpose");
  }
});

const DATED = /^.+ Removed (?:on|after) (\d{4}-\d{2}-\d{2})\.$/s;
const DAY = 24 * 60 * 60 * 1000;
/** So long does stay what is deprecated. */
const NOTICE = 90 * DAY;

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

/** Everything that can be deprecated, by place, of the types that are there. */
function places(of: GraphQLSchema): string[] {
  return Object.values(of.getTypeMap()).flatMap((type) => {
    if (isEnumType(type)) return type.getValues().map((value) => `${type.name}.${value.name}`);
    if (isInputObjectType(type)) return Object.keys(type.getFields()).map((field) => `${type.name}.${field}`);
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    return Object.values(type.getFields()).flatMap((field) => [
      `${type.name}.${field.name}`,
      ...field.args.map((arg) => `${type.name}.${field.name}(${arg.name})`),
    ]);
  });
}

/**
 * What does not keep the promise: gone without notice or before its time, or announced for too
 * soon.
 */
function broken(released: GraphQLSchema, now: GraphQLSchema, today: number): string[] {
  const [were, are] = [deprecated(released), deprecated(now)];
  const there = new Set(places(now));
  const date = (reason: string) => Date.parse(DATED.exec(reason)?.[1] ?? "");
  const gone = places(released)
    // What was in a type goes with it: something else led there, and was announced.
    .filter((place) => !there.has(place) && now.getType(place.split(".")[0] ?? "") !== undefined)
    .filter((place) => !there.has(place.replace(/\(.*/, "")) === !place.includes("("))
    .filter((place) => !(today > date(were[place] ?? "")))
    .map((place) => `${place} is gone, but ${were[place] === undefined ? "was never deprecated" : `was promised: ${were[place]}`}`);
  const soon = Object.entries(are)
    .filter(([place, reason]) => were[place] !== reason && !(date(reason) >= today + NOTICE - DAY))
    .map(([place, reason]) => `${place} is to stay for 90 days from now: ${reason}`);
  return [...gone, ...soon];
}

test("what goes was deprecated in a release, and its time has come", () => {
  assert.deepEqual(broken(buildSchema(read("released/schema.graphql")), schema, Date.now()), []);
  const today = Date.parse("2027-03-01");
  const until = (date: string) => `@deprecated(reason: "Use new. Removed after ${date}.")`;
  const released = buildSchema(
    `type Query { never: Int early(a: Int ${until("2027-02-01")}, b: Int): Int ${until("2027-04-01")} due: E ${until("2027-02-01")} new(a: Int, b: Int ${until("2027-02-01")}): I kept: Int } enum E { X } enum F { Y } type I { f: F }`,
  );
  const now = buildSchema(`type Query { new: I kept: Int ${until("2027-05-01")} } enum F { Z } type I { f: F }`);
  assert.deepEqual(broken(released, now, today), [
    "Query.never is gone, but was never deprecated",
    "Query.early is gone, but was promised: Use new. Removed after 2027-04-01.",
    "Query.new(a) is gone, but was never deprecated",
    "F.Y is gone, but was never deprecated",
    "Query.kept is to stay for 90 days from now: Use new. Removed after 2027-05-01.",
  ]);
});

/** The fields, arguments and values of a document that are deprecated. */
function outdated(of: GraphQLSchema, text: string): string[] {
  return validate(of, parse(text), [NoDeprecatedCustomRule]).map(({ message }) => message);
}

test("no operation of the contract uses what is deprecated", () => {
  // Those of earlier releases may: they stay trusted until what they use is gone.
  const texts = readdirSync("operations").map((file) => read(`operations/${file}`));
  assert.ok(texts.length > 5);
  assert.deepEqual(outdated(schema, texts.join("\n")), []);
  const sample = buildSchema('type Query { old(a: E): Int @deprecated(reason: "x") new(a: Int @deprecated(reason: "x")): Int } enum E { X }');
  assert.equal(outdated(sample, "{ old new(a: 1) }").length, 2);
});
