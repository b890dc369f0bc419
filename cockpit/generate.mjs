// Writes src/interfaces.ts, the types of the calls, from ../ipc/interfaces/*.varlink. The unit tests
// compare the file with what this would write.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const interfaces = ["Config", "History", "Service"];
const basic = { bool: "boolean", int: "number", float: "number | Exact", string: "string", object: "JsonObject" };

class Reader {
    constructor(text) {
        this.tokens = text.replace(/#.*/g, "").match(/->|\[string\]|\[\]|[\w.]+|[():,?]/g);
        this.more = new Set([...text.matchAll(/'more' flag\]\nmethod (\w+)/g)].map((found) => found[1]));
        this.at = 0;
    }
    next() { return this.tokens[this.at++]; }
    take(token) {
        if (this.tokens[this.at] !== token) return false;
        this.at++;
        return true;
    }
    type(prefix) {
        if (this.take("[]")) return `${this.type(prefix)}[]`;
        if (this.take("[string]")) return `Record<string, ${this.type(prefix)}>`;
        if (this.tokens[this.at] === "(") return this.struct(prefix);
        const name = this.next();
        return basic[name] ?? prefix + name;
    }
    struct(prefix) {
        const fields = [];
        for (this.next(); !this.take(")"); this.take(",")) {
            const name = this.next();
            this.next();
            const optional = this.take("?");
            fields.push(`${name}${optional ? "?" : ""}: ${this.type(prefix)}`);
        }
        return fields.length ? `{ ${fields.join("; ")} }` : "Record<string, never>";
    }
}

export function generate() {
    let types = "";
    let methods = "";
    const errors = [];
    for (const name of interfaces) {
        const path = new URL(`../ipc/interfaces/io.cfgd.${name}.varlink`, import.meta.url);
        const reader = new Reader(readFileSync(path, "utf8"));
        reader.at = 2;
        while (reader.at < reader.tokens.length) {
            const kind = reader.next();
            const member = reader.next();
            const first = reader.struct(name);
            if (kind === "type") types += `export type ${name}${member} = ${first};\n`;
            if (kind === "error") errors.push(`io.cfgd.${name}.${member}`);
            if (kind !== "method") continue;
            reader.next();
            methods += `    "io.cfgd.${name}.${member}": { in: ${first}; out: ${reader.struct(name)}; `
                + `more: ${reader.more.has(member)} };\n`;
        }
    }
    return "// Made by generate.mjs from the .varlink files; do not edit.\n"
        + `import type { Exact, JsonObject } from "./json";\n\n${types}\nexport interface Methods {\n${methods}}\n\n`
        + `export type ErrorName =\n    | ${errors.map((one) => `"${one}"`).join("\n    | ")};\n`;
}

export const generated = fileURLToPath(new URL("src/interfaces.ts", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(generated, generate());
