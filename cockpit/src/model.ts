// What the views decide, without Cockpit and without React: keys, the tree, schemas, issues, drafts, diffs.
import type { ConfigIssue } from "./interfaces";
import { Exact, type Json, type JsonObject, JsonError, below, equal, isObject, memberOf, parse, setMember, stringify } from "./json";

// Keys: TOML dotted keys, printed as the service prints them (core/key.cpp).

export function appendPart(key: string, part: string): string {
    const text = /^[A-Za-z0-9_-]+$/.test(part) ? part : quoted(part);
    return key ? `${key}.${text}` : text;
}

function quoted(part: string): string {
    return `"${part.replace(/["\\\u0000-\u001f\u007f]/g, (one) => (one === '"' || one === "\\" ? `\\${one}`
        : `\\u00${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`))}"`;
}

/** The parts of a key as the service prints it. */
export function splitKey(key: string): string[] {
    const parts: string[] = [];
    for (const [, quotedPart, bare] of key.matchAll(/"((?:[^"\\]|\\.)*)"|([^.]+)/g)) {
        parts.push(quotedPart === undefined ? bare : JSON.parse(`"${quotedPart}"`) as string);
    }
    return parts;
}

/** For identifiers of elements, which have no spaces. */
export const idText = (text: string): string => text.replace(/[^\w.-]/g, (one) => `_${one.charCodeAt(0).toString(16)}_`);
export const joinKey = (parts: string[]): string => parts.reduce(appendPart, "");
export const namespaceOf = (key: string): string => splitKey(key)[0] ?? "";
export const isWithin = (key: string, prefix: string): boolean => key === prefix || key.startsWith(`${prefix}.`);

/** The JSON pointer inside of the document of the key's namespace. */
export const pointerOf = (key: string): string => splitKey(key).slice(1).reduce(below, "");

// The tree.

export interface TreeNode {
    key: string;
    label: string;
    level: number;
    children: TreeNode[];
    /** Keys with a value at and below it. */
    count: number;
    isLeaf: boolean;
}

/** `keys` are leaves in the order of the service, where a key and what is below it are neighbours. */
export function buildTree(keys: Iterable<string>): TreeNode[] {
    const roots: TreeNode[] = [];
    const known = new Map<string, TreeNode>();
    for (const key of keys) {
        const parts = key.includes('"') ? splitKey(key) : key.split(".");
        let siblings = roots;
        let at = "";
        for (const [index, part] of parts.entries()) {
            at = appendPart(at, part);
            let node = known.get(at);
            if (!node) {
                node = { key: at, label: part, level: index + 1, children: [], count: 0, isLeaf: false };
                known.set(at, node);
                siblings.push(node);
            }
            node.count++;
            if (index === parts.length - 1) node.isLeaf = true;
            siblings = node.children;
        }
    }
    return roots;
}

export interface Row { node: TreeNode; position: number; siblings: number; isOpen: boolean }

/** The rows that a tree shows. `open` undefined: every node is open, as in a search. */
export function visibleRows(roots: TreeNode[], open?: ReadonlySet<string>): Row[] {
    const out: Row[] = [];
    const walk = (nodes: TreeNode[]): void => nodes.forEach((node, index) => {
        const isOpen = node.children.length > 0 && (!open || open.has(node.key));
        out.push({ node, position: index + 1, siblings: nodes.length, isOpen });
        if (isOpen) walk(node.children);
    });
    walk(roots);
    return out;
}

/** Keys that contain all words, in their name or their value. */
export function search(values: Iterable<[string, Json]>, query: string): string[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const out: string[] = [];
    for (const [key, value] of values) {
        const text = `${key}\n${typeof value === "string" ? value : stringify(value)}`.toLowerCase();
        if (words.every((word) => text.includes(word))) out.push(key);
    }
    return out;
}

/** One object of the leaves at and below a key; a leaf itself. undefined: there are none. */
export function documentAt(values: ReadonlyMap<string, Json>, key: string): Json | undefined {
    if (values.has(key)) return values.get(key);
    let out: JsonObject | undefined;
    const depth = splitKey(key).length;
    for (const [leaf, value] of values) {
        if (key && !isWithin(leaf, key)) continue;
        out ??= {};
        put(out, splitKey(leaf).slice(key ? depth : 0), value);
    }
    return out;
}

function put(into: JsonObject, parts: string[], value: Json): void {
    const [first = "", ...rest] = parts;
    if (!rest.length) {
        setMember(into, first, value);
        return;
    }
    let inner = memberOf(into, first);
    if (!isObject(inner)) setMember(into, first, inner = {});
    put(inner as JsonObject, rest, value);
}

/** Namespace to document, of keys and values. */
export function nested(values: Iterable<[string, Json]>): JsonObject {
    const out: JsonObject = {};
    for (const [key, value] of values) put(out, splitKey(key), value);
    return out;
}

// Drafts: edits that are not made yet, by key. undefined: the override is removed.

export type Draft = ReadonlyMap<string, Json | undefined>;

/** Edits that make the value at `key` what `wanted` is, leaf by leaf as `cfgctl apply` does it. */
export function planEdit(key: string, wanted: Json, now: Json | undefined, into = new Map<string, Json | undefined>()): Map<string, Json | undefined> {
    if (equal(wanted, now)) return into;
    if (!isObject(wanted) || !(isObject(now) || (now === undefined && Object.keys(wanted).length))) return into.set(key, wanted);
    for (const [part, value] of Object.entries(wanted)) {
        planEdit(appendPart(key, part), value, memberOf(now, part), into);
    }
    for (const part of Object.keys(now ?? {})) {
        if (!Object.hasOwn(wanted, part)) into.set(appendPart(key, part), undefined);
    }
    return into;
}

/** Adds edits to a draft; those of keys above and below an edited key are replaced. */
export function withEdits(draft: Draft, edits: Iterable<[string, Json | undefined]>): Draft {
    const out = new Map(draft);
    for (const [key, value] of edits) {
        for (const other of out.keys()) if (isWithin(other, key) || isWithin(key, other)) out.delete(other);
        out.set(key, value);
    }
    return out;
}

/** The values as they would be; where an override is removed, without the value that shows then. */
export function withDraft(values: ReadonlyMap<string, Json>, draft: Draft): ReadonlyMap<string, Json> {
    if (!draft.size) return values;
    const out = new Map(values);
    for (const [key, value] of draft) {
        for (const other of values.keys()) if (isWithin(other, key) || isWithin(key, other)) out.delete(other);
        if (value !== undefined) out.set(key, value);
    }
    return out;
}

/** Replaces the edits at and below a key by those that make its value what is wanted. */
export function withValue(draft: Draft, key: string, wanted: Json, values: ReadonlyMap<string, Json>): Draft {
    const rest = new Map([...draft].filter(([other]) => !isWithin(other, key)));
    return withEdits(rest, planEdit(key, wanted, documentAt(values, key)));
}

export function setParameters(draft: Draft): { values: JsonObject; unset: string[] } {
    const values: JsonObject = {};
    const unset: string[] = [];
    for (const [key, value] of draft) {
        if (value === undefined) unset.push(key);
        else setMember(values, key, value);
    }
    return { values, unset };
}

/** What a draft gives a key. undefined: it says nothing of it, or removes it. */
export function draftValue(draft: Draft, key: string): Json | undefined {
    const parts = splitKey(key);
    for (const [other, value] of draft) {
        if (!isWithin(key, other)) continue;
        let at: Json | undefined = value;
        for (const part of parts.slice(splitKey(other).length)) at = memberOf(at, part);
        return at;
    }
    return undefined;
}

// Schemas.

export type Schema = JsonObject;
export type Kind = "boolean" | "integer" | "number" | "string" | "enum" | "array" | "object" | "json";

/** Follows $ref inside of the document. */
export function resolve(schema: Json | undefined, root: Schema): Schema {
    let at: Json | undefined = schema;
    for (let steps = 0; steps < 16 && isObject(at) && typeof at.$ref === "string"; steps++) {
        if (!at.$ref.startsWith("#")) return {};
        const { $ref, ...rest } = at;
        let to: Json | undefined = root;
        for (const part of ($ref as string).slice(1).split("/").slice(1)) {
            to = memberOf(to, decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~"));
        }
        at = isObject(to) ? { ...to, ...rest } : rest;
    }
    return isObject(at) ? at : {};
}

/** The schema of a member of an object or of the elements of an array; {} if it says nothing of it. */
export function memberSchema(schema: Schema, part: string | number, root: Schema): Schema {
    if (typeof part === "number") return resolve(schema.items, root);
    if (isObject(schema.properties) && Object.hasOwn(schema.properties, part)) return resolve(schema.properties[part], root);
    return resolve(schema.additionalProperties, root);
}

export function schemaAt(root: Schema, parts: string[]): Schema {
    return parts.reduce((at, part) => memberSchema(at, part, root), resolve(root, root));
}

export const isSecret = (schema: Schema): boolean => schema["x-secret"] === true;

/** Whether a secret is at or below a schema. An array with a secret in it is one as a whole. */
export function hasSecret(schema: Schema, root: Schema, depth = 0): boolean {
    if (isSecret(schema)) return true;
    if (depth > 16) return false;
    const inner = [...Object.values(isObject(schema.properties) ? schema.properties : {}), schema.items, schema.additionalProperties];
    return inner.some((one) => isObject(one) && hasSecret(resolve(one, root), root, depth + 1));
}

/** Longer arrays have no form: nobody scrolls through thousands of fields, and a browser does not bear them. */
const formElements = 200;

/** The control that edits a value: by the schema; where that allows several types or none, by the value. */
export function kindOf(schema: Schema, value: Json | undefined): Kind {
    if (Array.isArray(schema.enum) && schema.enum.every((one) => typeof one !== "object" || one instanceof Exact)) return "enum";
    const type = schema.type ?? (isObject(schema.properties) ? "object" : undefined);
    if (typeof type === "string") {
        if (type === "array") return value === undefined || (Array.isArray(value) && value.length <= formElements) ? "array" : "json";
        if (type === "object") return isObject(schema.properties) && (isObject(value) || value === undefined) ? "object" : "json";
        return ["boolean", "integer", "number", "string"].includes(type) ? type as Kind : "json";
    }
    if (Object.keys(schema).some((key) => ["type", "anyOf", "oneOf", "allOf", "if", "$ref"].includes(key))) return "json";
    if (typeof value === "string" || typeof value === "boolean") return typeof value as Kind;
    return typeof value === "number" || value instanceof Exact ? "number" : "json";
}

/** A value to begin with. */
export function initialValue(schema: Schema, root: Schema): Json {
    if (schema.default !== undefined) return schema.default;
    if (Array.isArray(schema.enum) && schema.enum.length) return schema.enum[0] as Json;
    const kind = kindOf(schema, undefined);
    if (kind === "boolean") return false;
    if (kind === "array") return [];
    if (kind === "integer" || kind === "number") return typeof schema.minimum === "number" ? schema.minimum : 0;
    if (kind !== "object") return "";
    const required = Array.isArray(schema.required) ? schema.required : [];
    return Object.fromEntries(required.map((part) => [String(part), initialValue(memberSchema(schema, String(part), root), root)]));
}

/** Leaves that a schema names and that have no value: key to whether it is a secret. */
export function absentKeys(root: Schema, namespace: string, has: (key: string) => boolean): Map<string, boolean> {
    const out = new Map<string, boolean>();
    const walk = (schema: Schema, key: string, depth: number): void => {
        if (!isObject(schema.properties) || depth > 16) return;
        for (const [part, inner] of Object.entries(schema.properties)) {
            const member = resolve(inner, root);
            const at = appendPart(key, part);
            if (isObject(member.properties) && !isSecret(member)) walk(member, at, depth + 1);
            else if (!has(at)) out.set(at, hasSecret(member, root));
        }
    };
    walk(resolve(root, root), namespace, 0);
    return out;
}

/** A number as it is typed; undefined: not a valid number. */
export function parseNumber(text: string, kind: Kind): Json | undefined {
    try {
        const value = parse(text.trim());
        if (typeof value !== "number" && !(value instanceof Exact)) return undefined;
        return kind === "integer" && !/^-?\d+$/.test(text.trim()) ? undefined : value;
    } catch {
        return undefined;
    }
}

// Issues.

export interface LineIssue { line: number; message: string; severity: string }

export const issueText = (issue: ConfigIssue): string => (issue.rule ? `${issue.message} [${issue.rule}]` : issue.message);

/** Issues of a key and of what is below it; `pointer` leads into the value of the key. */
export function issuesAt(issues: ConfigIssue[], key: string, pointer = ""): ConfigIssue[] {
    const wanted = pointerOf(key) + pointer;
    const namespace = namespaceOf(key);
    return issues.filter((one) => {
        if (!one.key || namespaceOf(one.key) !== namespace) return false;
        const at = one.pointer ?? pointerOf(one.key);
        return at === wanted || at.startsWith(`${wanted}/`);
    });
}

/** The line of each issue in the text of the value at `pointer` of `key`, and the value; or where the text is not JSON. */
export function checkText(text: string, key: string, issues: ConfigIssue[], pointer = ""): { value?: Json; lines: LineIssue[] } {
    const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
    const places = new Map<string, number>();
    try {
        const value = parse(text, places);
        const base = pointerOf(key) + pointer;
        return {
            value,
            lines: issuesAt(issues, key, pointer).map((one) => {
                let at = (one.pointer ?? pointerOf(one.key ?? key)).slice(base.length);
                while (at && !places.has(at)) at = at.slice(0, at.lastIndexOf("/"));
                return { line: lineAt(places.get(at) ?? 0), message: issueText(one), severity: one.severity };
            }),
        };
    } catch (error) {
        if (!(error instanceof JsonError)) throw error;
        return { lines: [{ line: lineAt(error.offset), message: error.message, severity: "error" }] };
    }
}

// Texts.

export function valueText(value: Json | undefined): string {
    return value === undefined ? "" : stringify(value);
}

export interface DiffLine { sign: " " | "+" | "-"; text: string }

const diffed = 4000;

/** The lines that differ, with up to three around them, as far as somebody reads. Long texts are compared by their ends only. */
export function diffLines(before: string, after: string): DiffLine[] {
    const a = before ? before.split("\n") : [];
    const b = after ? after.split("\n") : [];
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head++;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
    const x = a.slice(head, a.length - tail);
    const y = b.slice(head, b.length - tail);
    const out: DiffLine[] = a.slice(Math.max(0, head - 3), head).map((text) => ({ sign: " ", text }));
    const isSmall = x.length * y.length <= 250000;
    // common[i][j]: length of the longest common subsequence of x[i..] and y[j..].
    const common = isSmall ? Array.from({ length: x.length + 1 }, () => new Uint32Array(y.length + 1)) : [];
    for (let i = isSmall ? x.length - 1 : -1; i >= 0; i--) {
        for (let j = y.length - 1; j >= 0; j--) {
            common[i][j] = x[i] === y[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
        }
    }
    let i = 0;
    let j = 0;
    while ((i < x.length || j < y.length) && out.length < diffed) {
        if (isSmall && i < x.length && j < y.length && x[i] === y[j]) {
            out.push({ sign: " ", text: x[i++] });
            j++;
        } else if (i < x.length && (j >= y.length || !isSmall || common[i + 1][j] >= common[i][j + 1])) {
            out.push({ sign: "-", text: x[i++] });
        } else {
            out.push({ sign: "+", text: y[j++] });
        }
    }
    if (i < x.length || j < y.length) return [...out, { sign: " ", text: "…" }];
    return out.concat(a.slice(a.length - tail, a.length - tail + 3).map((text) => ({ sign: " ", text })));
}

/** Time left as m:ss; 0:00 when it is over. */
export function countdown(deadline: string, now: number): string {
    const seconds = Math.max(0, Math.ceil((Date.parse(deadline) - now) / 1000));
    const hours = Math.floor(seconds / 3600);
    const minutes = String(Math.floor(seconds / 60) % 60);
    const rest = String(seconds % 60).padStart(2, "0");
    return hours ? `${hours}:${minutes.padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
