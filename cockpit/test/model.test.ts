import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Exact, type Json, type JsonObject, equal, isObject, parse, stringify } from "../src/json";
import {
    absentKeys, appendPart, buildTree, checkText, countdown, diffLines, documentAt, hasSecret, initialValue, isWithin, issuesAt, kindOf, nested,
    parseNumber, planEdit, pointerOf, schemaAt, search, setParameters, splitKey, visibleRows, withDraft, withEdits, withValue,
} from "../src/model";

const source = process.env.CFGD_COCKPIT_SOURCE ?? process.cwd();

test("interfaces.ts is what generate.mjs makes of the .varlink files", async () => {
    const { generate } = await import(pathToFileURL(`${source}/generate.mjs`).href) as { generate: () => string };
    assert.equal(readFileSync(`${source}/src/interfaces.ts`, "utf8"), generate());
});

test("numbers keep their text where JavaScript would write them differently", () => {
    const text = '{"a":1,"b":1.0,"c":9007199254740993,"d":-0.0,"e":1e400,"f":0.1}';
    const value = parse(text) as JsonObject;
    assert.equal(value.a, 1);
    assert.ok(value.b instanceof Exact);
    assert.equal(stringify(value), text);
});

test("1 and 1.0 differ, and the order of members does not matter", () => {
    assert.ok(!equal(parse("1"), parse("1.0")));
    assert.ok(equal(parse("1.0"), parse("1.0")));
    assert.ok(equal(parse('{"a":1,"b":[2]}'), parse('{"b":[2],"a":1}')));
    assert.ok(!equal(parse("[1,2]"), parse("[2,1]")));
});

test("a member called __proto__ is a member like others", () => {
    const value = parse('{"__proto__":{"polluted":1}}');
    assert.equal(stringify(value), '{"__proto__":{"polluted":1}}');
    assert.ok(Object.hasOwn(nested([["web.__proto__.polluted", 1]]).web as JsonObject, "__proto__"));
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.deepEqual([...planEdit("web", value, parse('{}'))], [["web.__proto__.polluted", 1]]);
});

test("what is not JSON is refused with its place", () => {
    for (const [text, offset] of [["{", 1], ['{"a":1,}', 7], ["[1 2]", 3], ['"a', 2], ["01", 1], ['{"a":1,"a":2}', 7], ["nul", 0], ['"\\x"', 1]] as const) {
        assert.throws(() => parse(text, new Map()), (error: Error & { offset: number }) => error.offset === offset, text);
    }
});

test("keys are printed and read as the service does", () => {
    for (const [parts, key] of [
        [["web", "workers"], "web.workers"], [["hosts", "db.example.org", "port"], 'hosts."db.example.org".port'],
        [["a", ""], 'a.""'], [["a", 'q"\\'], 'a."q\\"\\\\"'], [["a", "\n"], 'a."\\u000A"'], [["a", "ü"], 'a."ü"'],
    ] as [string[], string][]) {
        assert.equal(parts.reduce(appendPart, ""), key);
        assert.deepEqual(splitKey(key), parts);
    }
    assert.ok(isWithin("web.a", "web") && isWithin("web", "web") && !isWithin("web2.a", "web"));
    assert.equal(pointerOf('web."a/b".c'), "/a~1b/c");
});

test("a tree shows what is open, with places for screen readers", () => {
    const roots = buildTree(["mail.port", "web.a.b", "web.a.c", "web.d", "web.a.e"]);
    assert.deepEqual(visibleRows(roots, new Set()).map((one) => one.node.key), ["mail", "web"]);
    const rows = visibleRows(roots, new Set(["web"]));
    assert.deepEqual(rows.map((one) => [one.node.key, one.position, one.siblings, one.isOpen]),
        [["mail", 1, 2, false], ["web", 2, 2, true], ["web.a", 1, 2, false], ["web.d", 2, 2, false]]);
    assert.equal(rows[1].node.count, 4);
    assert.equal(visibleRows(roots).length, 8);
});

test("a search looks at keys and values, for all words", () => {
    const values: [string, Json][] = [["web.workers", 2], ["mail.relay", "mail.example.org"], ["web.relay", true]];
    assert.deepEqual(search(values, "RELAY mail"), ["mail.relay"]);
    assert.deepEqual(search(values, "example"), ["mail.relay"]);
    assert.deepEqual(search(values, "web"), ["web.workers", "web.relay"]);
});

test("an edit of a document is made of the leaves that differ", () => {
    const now = parse('{"a":1,"b":{"c":2,"d":3},"e":[1]}');
    const edits = planEdit("web", parse('{"a":1,"b":{"c":5},"e":[1,2],"f":{"g":1}}'), now);
    assert.deepEqual([...edits], [["web.b.c", 5], ["web.b.d", undefined], ["web.e", [1, 2]], ["web.f.g", 1]]);
    assert.deepEqual(setParameters(edits), { values: { "web.b.c": 5, "web.e": [1, 2], "web.f.g": 1 }, unset: ["web.b.d"] });
    assert.equal(planEdit("web", now, now).size, 0);
});

test("an edit replaces edits above and below it, and one that changes nothing is none", () => {
    assert.deepEqual([...withEdits(new Map([["web.a.b", 1], ["web.c", 2]]), [["web.a", 3]])], [["web.c", 2], ["web.a", 3]]);
    const values = new Map<string, Json>([["web.a", 1], ["web.b", 2]]);
    assert.deepEqual([...withValue(new Map([["web.a", 5]]), "web.a", 1, values)], []);
    assert.deepEqual([...withDraft(values, new Map<string, Json | undefined>([["web.a", 7], ["web.b", undefined]]))], [["web.a", 7]]);
    assert.deepEqual(documentAt(values, "web"), { a: 1, b: 2 });
    assert.equal(documentAt(values, "mail"), undefined);
});

const schema = parse(`{"type":"object","$defs":{"port":{"type":"integer","minimum":1}},
  "properties":{"port":{"$ref":"#/$defs/port"},"mode":{"enum":["on","off"]},"on":{"type":"boolean"},
  "list":{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"port":{"$ref":"#/$defs/port"}}}},
  "tls":{"type":"object","properties":{"key":{"type":"string","x-secret":true}}},"any":{"anyOf":[{"type":"string"}]}}}`) as JsonObject;

test("a schema decides the control", () => {
    const kind = (...parts: string[]): string => kindOf(schemaAt(schema, parts), undefined);
    assert.deepEqual([kind("port"), kind("mode"), kind("on"), kind("list"), kind("tls"), kind("any")], ["integer", "enum", "boolean", "array", "object", "json"]);
    assert.equal(kindOf({}, "text"), "string");
    assert.equal(kindOf({}, parse("1.0")), "number");
    assert.equal(kindOf({ type: "array" }, "no array"), "json");
    assert.deepEqual(initialValue(schemaAt(schema, ["list"]).items as JsonObject, schema), { name: "" });
    assert.equal(initialValue(schemaAt(schema, ["port"]), schema), 1);
});

test("a schema names keys without a value, and secrets", () => {
    const absent = absentKeys(schema, "web", (key) => key === "web.port");
    assert.deepEqual([...absent], [["web.mode", false], ["web.on", false], ["web.list", false], ["web.tls.key", true], ["web.any", false]]);
    assert.ok(hasSecret(schema, schema) && !hasSecret(schemaAt(schema, ["list"]), schema));
});

test("an array with a secret in it is a secret as a whole", () => {
    const root = parse('{"properties":{"users":{"type":"array","items":{"properties":{"pw":{"x-secret":true}}}}}}') as JsonObject;
    assert.deepEqual([...absentKeys(root, "a", () => false)], [["a.users", true]]);
});

test("a $ref that leads to itself ends", () => {
    const root = parse('{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}') as JsonObject;
    assert.ok(isObject(schemaAt(root, ["x"])));
});

test("a number that is typed is read without loss", () => {
    assert.equal(parseNumber("12", "integer"), 12);
    assert.equal(parseNumber("1.5", "integer"), undefined);
    assert.equal(stringify(parseNumber("1.0", "number")), "1.0");
    assert.equal(parseNumber("", "number"), undefined);
    assert.equal(parseNumber("true", "number"), undefined);
});

test("an issue is shown at its line, or at what is around it", () => {
    const text = '{\n  "workers": 200,\n  "servers": [\n    {},\n    5\n  ]\n}';
    const issue = (pointer: string, key = "web"): { severity: string; rule: string; key: string; pointer: string; message: string } => ({ severity: "error", rule: "r", key, pointer, message: "m" });
    assert.deepEqual(checkText(text, "web", [issue("/workers"), issue("/servers/1"), issue("/servers/0/name"), issue("/x", "mail")]).lines.map((one) => one.line), [2, 5, 4]);
    assert.deepEqual(checkText("{\n5", "web", []), { lines: [{ line: 2, message: "expected a text in double quotes", severity: "error" }] });
    assert.equal(issuesAt([issue("/servers/1", "web.servers")], "web.servers", "/1").length, 1);
    assert.equal(issuesAt([issue("/servers/1", "web.servers")], "web.workers").length, 0);
    assert.equal(checkText("[\n1\n]", "web.servers", [issue("/servers/0", "web.servers")]).lines[0].line, 2);
});

test("a difference has the lines around it", () => {
    const text = (lines: { sign: string; text: string }[]): string => lines.map((one) => one.sign + one.text).join("|");
    assert.equal(text(diffLines("a\nb\nc", "a\nx\nc")), " a|-b|+x| c");
    assert.equal(text(diffLines("", "a")), "+a");
    assert.equal(text(diffLines("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n7")), " 3| 4| 5|-6|+7");
    assert.equal(diffLines("a", "a").filter((one) => one.sign !== " ").length, 0);
});

test("a countdown ends at zero", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    assert.equal(countdown("2026-01-01T00:01:05Z", now), "1:05");
    assert.equal(countdown("2026-01-01T02:00:05Z", now), "2:00:05");
    assert.equal(countdown("2025-01-01T00:00:00Z", now), "0:00");
});

test("characters that nobody sees are written by their codes, which JSON reads as the same text", () => {
    const text = "a\u202Eb\u200D\u2066";
    assert.equal(stringify(text), '"a\\u202eb\u200D\\u2066"');
    assert.equal(parse(stringify(text)), text);
    const { values } = setParameters(new Map([["__proto__", 1]]));
    assert.equal(stringify(values), '{"__proto__":1}');
});
