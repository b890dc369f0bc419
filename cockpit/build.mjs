// Builds the package into a directory: node build.mjs DIRECTORY [--tests | --pot]. --tests: the unit tests as programs
// of Node.js instead; --pot: cfgd.pot, the texts for translators.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const [out = join(here, "../build/cockpit"), what] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

// The fonts are Cockpit's or the system's.
const withoutFonts = {
    name: "without-fonts",
    setup(build) {
        build.onResolve({ filter: /\.(woff2?|svg|png|jpg)$/ }, ({ path }) => ({ path, external: true }));
        build.onLoad({ filter: /@patternfly.*\.css$/ }, ({ path }) => ({
            contents: readFileSync(path, "utf8").replace(/@font-face\s*\{[^}]*\}/g, ""), loader: "css",
        }));
    },
};

/** The licenses of the packages that these files are of. Fails where one has none. */
function licenses(inputs) {
    const packages = new Set(inputs.map((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
    return [...packages].sort().map((name) => {
        const directory = join(here, "node_modules", name);
        const { version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
        const file = readdirSync(directory).find((one) => /^licen[cs]e/i.test(one));
        if (!license || !file) throw new Error(`${name} has no license`);
        return `${name} ${version}: ${license}\n\n${readFileSync(join(directory, file), "utf8")}`;
    }).join("\n----\n\n");
}

if (what === "--tests") {
    const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
    await build({
        entryPoints: tests.map((name) => join(here, "test", name)), outdir: out, bundle: true, platform: "node", format: "esm",
        outExtension: { ".js": ".mjs" }, external: ["*/generate.mjs"], logLevel: "warning",
    });
} else if (what === "--pot") {
    const texts = new Map();
    for (const name of readdirSync(join(here, "src")).filter((one) => /\.tsx?$/.test(one))) {
        const source = readFileSync(join(here, "src", name), "utf8");
        for (const [, one, many, plain] of source.matchAll(/\bcount\(\s*("(?:[^"\\]|\\.)*"),\s*("(?:[^"\\]|\\.)*")|\b_\(\s*("(?:[^"\\]|\\.)*")/g)) {
            const text = plain ? `msgid ${plain}\nmsgstr ""` : `msgid ${one}\nmsgid_plural ${many}\nmsgstr[0] ""\nmsgstr[1] ""`;
            texts.set(text, [...texts.get(text) ?? [], `src/${name}`]);
        }
    }
    const head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n';
    writeFileSync(join(out, "cfgd.pot"), head + [...texts].map(([text, where]) => `\n#: ${[...new Set(where)].join(" ")}\n${text}\n`).join(""));
    console.log(`${texts.size} texts`);
} else {
    const { metafile } = await build({
        entryPoints: [join(here, "src/app.tsx")], outdir: out, bundle: true, minify: true, format: "iife", target: ["chrome100", "firefox100", "safari15"],
        define: { "process.env.NODE_ENV": '"production"' }, plugins: [withoutFonts], legalComments: "none", metafile: true,
        logLevel: "warning",
    });
    writeFileSync(join(out, "LICENSES.txt"), licenses(Object.keys(metafile.inputs)));
    for (const name of ["index.html", "manifest.json"]) copyFileSync(join(here, "src", name), join(out, name));
    for (const name of readdirSync(out).filter((one) => /^app\.(js|css)$/.test(one))) {
        const bytes = readFileSync(join(out, name));
        console.log(`${name}: ${statSync(join(out, name)).size} bytes, ${gzipSync(bytes, { level: 9 }).length} with gzip`);
    }
}
