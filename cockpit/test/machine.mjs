// What the browser tests run against: the daemon and Cockpit in a directory of their own, and Chromium.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const project = fileURLToPath(new URL("../../", import.meta.url));
const programs = process.env.CFGD_PROGRAMS ?? join(project, "build/debug/bin");
const page = process.env.CFGD_PAGE ?? join(project, "build/cockpit");
const ws = ["/usr/lib/cockpit/cockpit-ws", "/usr/libexec/cockpit-ws"].find(existsSync);

/** What is missing here; empty: nothing. */
export function missing() {
    const wanted = {
        "cockpit-ws": ws, "cockpit-bridge": existsSync("/usr/bin/cockpit-bridge"), "cockpit-system": existsSync("/usr/share/cockpit/shell"),
        chromium: existsSync("/usr/bin/chromium"),
sudo: existsSync("/usr/bin/sudo"), "cfgd-apply": existsSync(join(programs, "cfgd-apply")), cfgd: existsSync(join(programs, "cfgd")), "cfgctl": existsSync(join(programs, "cfgctl")),
        "the built page": existsSync(join(page, "app.js")), "/dev/shm": existsSync("/dev/shm"), "playwright-core (npm ci)": existsSync(join(project, "cockpit/node_modules/playwright-core")),
    };
    return Object.keys(wanted).filter((name) => !wanted[name]);
}

/** Calls until it returns something; fails after 30 s. */
export async function eventually(what, look) {
    const end = Date.now() + 30000;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`not within 30 s: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

const canConnect = (where) => new Promise((resolve) => {
    const socket = connect(where, () => { socket.destroy(); resolve(true); });
    socket.on("error", () => resolve(false));
});

const freePort = () => new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        server.close(() => resolve(port));
    });
});

export class Machine {
    directory = mkdtempSync(join(tmpdir(), "cfgd-"));
    root = join(this.directory, "root");
    processes = [];

    constructor() {
        spawnSync("chmod", ["0755", this.directory]);
        mkdirSync(join(this.root, "etc"), { recursive: true });
        for (const part of ["namespaces", "schemas", "rules", "targets"]) cpSync(join(project, "docs/example", part), join(this.root, "etc", part), { recursive: true });
        spawnSync("chmod", ["-R", "u=rwX,go=rX", this.root]);
    }
    run(program, args, options = {}) {
        const child = spawn(program, args, { stdio: ["ignore", "ignore", process.env.CFGD_SHOW_LOGS ? "inherit" : "ignore"], ...options });
        this.processes.push(child);
        return child;
    }
    async startDaemon() {
        this.daemon = this.run(join(programs, "cfgd"), ["--root", this.root]);
        await eventually("cfgd answers", () => canConnect(join(this.root, "run/io.cfgd")));
        this.cfgctl("sync");
    }
    async killDaemon() {
        const over = new Promise((resolve) => this.daemon.once("exit", resolve));
        this.daemon.kill("SIGKILL");
        await over;
    }
    /** The standard output. Fails where cfgctl fails. */
    cfgctl(...args) {
        const done = spawnSync(join(programs, "cfgctl"), ["--root", this.root, ...args], { encoding: "utf8" });
        if (done.status !== 0) throw new Error(`cfgctl ${args.join(" ")}: ${done.stderr}`);
        return done.stdout;
    }
    /** As many changes, one after the other, over one connection. */
    setMany(number, valuesOf) {
        return new Promise((resolve, reject) => {
            const socket = connect(join(this.root, "run/io.cfgd"));
            let done = 0;
            const next = () => socket.write(`${JSON.stringify({ method: "io.cfgd.Config.Set", parameters: { values: valuesOf(done) } })}\0`);
            socket.on("error", reject);
            socket.on("data", (data) => {
                if (data.includes("error")) reject(new Error(String(data)));
                if (!data.includes(0)) return;
                if (++done < number) next();
                else resolve(socket.destroy());
            });
            next();
        });
    }
    /** A consumer that watches. acknowledge() says that it has applied what was sent last. */
    async follow(consumer, prefixes) {
        const call = (method, parameters, more) => {
            const socket = connect(join(this.root, "run/io.cfgd"));
            socket.write(`${JSON.stringify({ method: `io.cfgd.Config.${method}`, parameters, ...(more ? { more } : {}) })}\0`);
            return socket;
        };
        const watch = call("Watch", { prefixes, consumer }, true);
        let sent = 0;
        let rest = "";
        watch.on("data", (data) => {
            const messages = (rest + String(data)).split("\0");
            rest = messages.pop();
            for (const one of messages) sent = JSON.parse(one).parameters.revision;
        });
        await eventually("the consumer has values", () => sent);
        return {
            acknowledge: async () => {
                const { revision } = JSON.parse(this.cfgctl("--json", "status"));
                await eventually("the revision was sent", () => sent === revision);
                await new Promise((resolve) => call("Acknowledge", { consumer, revision, ok: true }, false).on("data", function () { resolve(this.destroy()); }));
            },
            close: () => watch.destroy(),
        };
    }
    /** cfgd-apply with one target: web.workers in a file, which a check refuses above 16. */
    async startApply() {
        const [targets, report, file] = ["etc/targets", "run/targets.json", "out/workers.json"].map((one) => join(this.root, one));
        rmSync(targets, { recursive: true, force: true });
        mkdirSync(targets);
        mkdirSync(join(this.root, "out"));
        const check = ["sh", "-c", "! grep -Eq '\"workers\": *(1[7-9]|[2-6][0-9])' \"$1\"", "sh", "{}"];
        writeFileSync(join(targets, "workers.toml"), `keys = ["web"]\n[[file]]\npath = ${JSON.stringify(file)}\nformat = "json"\nkey = "web"\ncheck = ${JSON.stringify(check)}\n`, { mode: 0o644 });
        const applier = this.run(join(programs, "cfgd-apply"), ["--root", this.root]);
        await eventually("cfgd-apply has written the file", () => existsSync(file));
        return {
            file,
            stop: async () => {
                const over = new Promise((resolve) => applier.once("exit", resolve));
                applier.kill();
                await over;
                rmSync(report, { force: true });
            },
        };
    }
    /**
     * Cockpit for a user of the system, who may get administrative access by sudo: with a rule that only processes of this
     * Cockpit see; its address.
     */
    async startCockpit({ uid = process.getuid(), gid = process.getgid(), isAdministrative = false } = {}) {
        const home = mkdtempSync(join(this.directory, "home-"));
        for (const part of ["data/cockpit", "config", "run"]) mkdirSync(join(home, part), { recursive: true });
        cpSync(page, join(home, "data/cockpit/cfgd"), { recursive: true });
        spawnSync("chown", ["-R", `${uid}:${gid}`, home]);
        const port = await freePort();
        const command = [ws, "--no-tls", "--address=127.0.0.1", `--port=${port}`, "--local-session=cockpit-bridge"];
        const rule = `#${uid} ALL=(ALL) NOPASSWD: ALL\nDefaults secure_path="${programs}:/usr/sbin:/usr/bin:/sbin:/bin"\n`;
        const asUser = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...command];
        const mounted = "mount -t tmpfs -o mode=0755 tmpfs /etc/sudoers.d && printf %s \"$1\" >/etc/sudoers.d/cfgd && chmod 0440 /etc/sudoers.d/cfgd && shift && exec \"$@\"";
        const [program, ...args] = isAdministrative ? ["unshare", "--mount", "sh", "-c", mounted, "sh", rule, ...asUser] : command;
        this.run(program, args, {
            ...(isAdministrative ? {} : { uid, gid }),
            env: {
                PATH: `${programs}:${process.env.PATH}`, HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_CONFIG_HOME: join(home, "config"),
                XDG_RUNTIME_DIR: join(home, "run"), LANG: "C.UTF-8", XDG_CONFIG_DIRS: join(home, "config"),
            },
        });
        await eventually("cockpit-ws answers", () => canConnect({ port, host: "127.0.0.1" }));
        return `http://127.0.0.1:${port}`;
    }
    /** The address of a view. With the shell of Cockpit around it, or alone. */
    address(base, view, isShell = false) {
        return `${base}${isShell ? "/cfgd" : "/cockpit/@localhost/cfgd/index.html"}#/${view}?root=${encodeURIComponent(this.root)}`;
    }
    async startBrowser() {
        const { chromium } = await import("playwright-core");
        this.browser = await chromium.launch({
            executablePath: "/usr/bin/chromium",
            args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
        });
        return this.browser;
    }
    async stop() {
        await this.browser?.close();
        for (const child of this.processes.reverse()) child.kill("SIGKILL");
        rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    }
}
