// JSON without loss: 1.0 stays 1.0 and an integer of 64 bits stays itself. A number that JavaScript would
// write differently is an Exact, which keeps its text. parse() also says where in the text each value is.

export class Exact {
    constructor(readonly text: string) {}
}
export type Json = null | boolean | number | string | Exact | Json[] | JsonObject;
export interface JsonObject { [key: string]: Json }

export class JsonError extends Error {
    constructor(message: string, readonly offset: number) {
        super(message);
    }
}

const maximumDepth = 256;
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const plain = /[^"\\\u0000-\u001f]*/y;

export function isObject(value: Json | undefined): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Exact);
}

/** Members are own properties, whatever they are called: "__proto__" is a name like others. */
export function memberOf(value: Json | undefined, key: string): Json | undefined {
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
export function setMember(into: JsonObject, key: string, value: Json): void {
    if (key === "__proto__") Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
    else into[key] = value;
}

/** JSON pointer of a member. */
export function below(pointer: string, part: string | number): string {
    return `${pointer}/${String(part).replace(/~/g, "~0").replace(/\//g, "~1")}`;
}

class Reader {
    at = 0;
    constructor(readonly text: string, readonly places?: Map<string, number>) {}

    fail(message: string): never {
        throw new JsonError(message, Math.min(this.at, this.text.length));
    }
    space(): void {
        for (;;) {
            const code = this.text.charCodeAt(this.at);
            if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
            this.at++;
        }
    }
    take(character: string): boolean {
        this.space();
        if (this.text[this.at] !== character) return false;
        this.at++;
        return true;
    }
    match(pattern: RegExp): string {
        pattern.lastIndex = this.at;
        const found = pattern.exec(this.text)?.[0] ?? "";
        this.at += found.length;
        return found;
    }
    string(): string {
        if (!this.take('"')) this.fail("expected a text in double quotes");
        let out = this.match(plain);
        while (this.text[this.at] !== '"') {
            if (this.text[this.at] !== "\\") this.fail("this text does not end; a new line is written \\n");
            const simple = '"\\/bfnrt'.indexOf(this.text[this.at + 1] ?? "?");
            const code = this.text.slice(this.at + 2, this.at + 6);
            if (simple >= 0) {
                out += '"\\/\b\f\n\r\t'.charAt(simple);
                this.at += 2;
            } else if (this.text[this.at + 1] === "u" && /^[0-9a-fA-F]{4}$/.test(code)) {
                out += String.fromCharCode(parseInt(code, 16));
                this.at += 6;
            } else {
                this.fail("not a valid escape");
            }
            out += this.match(plain);
        }
        this.at++;
        return out;
    }
    number(): Json {
        const text = this.match(numbers);
        if (!text) this.fail("expected a value");
        const value = Number(text);
        return String(value) === text ? value : new Exact(text);
    }
    value(pointer: string, depth: number): Json {
        this.space();
        if (depth > maximumDepth) this.fail("too deep");
        if (this.places && !this.places.has(pointer)) this.places.set(pointer, this.at);
        const first = this.text[this.at];
        if (first === "{") return this.object(pointer, depth);
        if (first === "[") return this.array(pointer, depth);
        if (first === '"') return this.string();
        for (const [word, value] of [["true", true], ["false", false], ["null", null]] as const) {
            if (!this.text.startsWith(word, this.at)) continue;
            this.at += word.length;
            return value;
        }
        return this.number();
    }
    object(pointer: string, depth: number): JsonObject {
        const out: JsonObject = {};
        this.at++;
        if (this.take("}")) return out;
        do {
            this.space();
            const start = this.at;
            const key = this.string();
            const inner = this.places ? below(pointer, key) : "";
            if (this.places) {
                if (this.places.has(inner)) {
                    this.at = start;
                    this.fail(`duplicate key "${key}"`);
                }
                this.places.set(inner, start);
            }
            if (!this.take(":")) this.fail("expected ':'");
            const value = this.value(inner, depth + 1);
            setMember(out, key, value);
        } while (this.take(","));
        if (!this.take("}")) this.fail("expected ',' or '}'");
        return out;
    }
    array(pointer: string, depth: number): Json[] {
        const out: Json[] = [];
        this.at++;
        if (this.take("]")) return out;
        do out.push(this.value(this.places ? below(pointer, out.length) : "", depth + 1));
        while (this.take(","));
        if (!this.take("]")) this.fail("expected ',' or ']'");
        return out;
    }
}

/** `places` gets the offset of each value by JSON pointer; of a member, where its key begins. Throws JsonError. */
export function parse(text: string, places?: Map<string, number>): Json {
    const reader = new Reader(text, places);
    const out = reader.value("", 0);
    reader.space();
    if (reader.at < text.length) reader.fail("expected the end");
    return out;
}

/** Characters that nobody sees, or that change the direction of text, are shown by their code. JSON means the same by it. */
export function visible(text: string): string {
    return text.replace(/[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function stringify(value: unknown, indent = 0, pad = ""): string {
    if (value instanceof Exact) return value.text;
    if (typeof value !== "object" || value === null) return typeof value === "string" ? visible(JSON.stringify(value)) : JSON.stringify(value);
    const inner = pad + " ".repeat(indent);
    const parts = Array.isArray(value)
        ? value.map((one) => stringify(one, indent, inner))
        : Object.entries(value).filter(([, one]) => one !== undefined)
            .map(([key, one]) => `${visible(JSON.stringify(key))}:${indent ? " " : ""}${stringify(one, indent, inner)}`);
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    if (!parts.length) return `${open}${close}`;
    return indent ? `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${pad}${close}` : `${open}${parts.join(",")}${close}`;
}

/** Objects are equal whatever the order of their members; 1 and 1.0 are not. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
    if (a === b) return true;
    if (a instanceof Exact || b instanceof Exact) return a instanceof Exact && b instanceof Exact && a.text === b.text;
    if (Array.isArray(a) || Array.isArray(b)) {
        return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => equal(one, b[i]));
    }
    if (!isObject(a) || !isObject(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}
