// The page in Chromium, in Cockpit, with the daemon. Each case leaves the settings as they were.
// CFGD_SCREENSHOTS=DIRECTORY keeps pictures of each view.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Machine, eventually, missing, project } from "./machine.mjs";

const absent = missing();
if (absent.length) {
    console.log(`skipped, missing: ${absent.join(", ")} (tools/bootstrap --web, npm ci)`);
    process.exit(77);
}

const machine = new Machine();
const axe = readFileSync(join(project, "cockpit/node_modules/axe-core/axe.min.js"), "utf8");
let base;
let page;
const faults = [];

/** A page of its own for a case. */
async function open(view, { address = base, isShell = false, ...options } = {}) {
    const opened = await machine.browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    opened.on("pageerror", (error) => faults.push(error.message));
    opened.on("console", (message) => {
        // cockpit-ws closes its sockets when the browser leaves; everything else is a fault.
        if (message.type() === "error") faults.push(`${message.text()} ${message.location().url}:${message.location().lineNumber}`);
    });
    await opened.goto(machine.address(address, view, isShell));
    return opened;
}
const go = async (view) => {
    await page.evaluate((to) => { window.location.hash = to; }, machine.address("", view).split("#")[1]);
};
const text = (what, where = page) => where.getByText(what).first().waitFor();
const button = (name, where = page) => where.getByRole("button", { name, exact: true });
const edit = (name) => join(machine.root, "etc/namespaces", name);
function replaceIn(name, from, to) {
    const old = readFileSync(edit(name), "utf8");
    assert.ok(old.includes(from));
    writeFileSync(edit(name), old.replace(from, to));
    return () => writeFileSync(edit(name), old);
}
async function seriousFindings(where) {
    await where.evaluate(axe);
    const { violations } = await where.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`);
}

before(async () => {
    await machine.startDaemon();
    base = await machine.startCockpit();
    await machine.startBrowser();
    page = await open("overview");
    await text("all sources are effective as saved");
});
after(async () => {
    await machine.stop();
    assert.deepEqual(faults, [], "no error in the browser's console");
});

test("every view shows the service, without serious findings of axe, light, dark and narrow", async () => {
    machine.cfgctl("set", "-m", "more visitors", "web.workers=4");
    const repair = replaceIn("time.toml", "[leap]", "[leap");
    const bad = encodeURIComponent(join(machine.root, "etc/namespaces/time.toml"));
    await text("quarantined");
    for (const [view, what] of [["overview", "its last good content stays effective"], ["settings/web.workers", "Where it comes from"], ["history/5", "more visitors"], [`files/${bad}`, "What was saved is not valid"]]) {
        for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 400]]) {
            const shown = await open(view, { colorScheme: scheme, viewport: { width, height: 800 } });
            await shown.getByText(what).first().waitFor();
            assert.equal(await shown.evaluate(() => document.documentElement.classList.contains("pf-v6-theme-dark")), scheme === "dark");
            assert.deepEqual(await seriousFindings(shown), [], `${view}, ${scheme}, ${width}`);
            assert.ok(await shown.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${view} is as wide as the screen`);
            if (process.env.CFGD_SCREENSHOTS && width > 400) {
                await shown.setViewportSize({ width: 1000, height: 620 });
                await shown.waitForTimeout(300);
                await shown.screenshot({ path: join(process.env.CFGD_SCREENSHOTS, `cockpit-${view.split("/")[0]}-${scheme}.png`) });
            }
            await shown.close();
        }
    }
    repair();
    machine.cfgctl("sync");
    machine.cfgctl("unset", "web.workers");
});

test("a file that is broken on disk appears as quarantined without a reload, and so does a second one", async () => {
    await go("files");
    await text("web.yaml");
    await eventually("all are active", async () => await page.getByText("quarantined").count() === 0);
    const repairs = [replaceIn("web.yaml", "workers: 2", "workers: 100")];
    await eventually("one is quarantined", async () => await page.getByText("quarantined").count() === 1);
    repairs.push(replaceIn("time.toml", "[leap]", "[leap"));
    await eventually("two are quarantined", async () => await page.getByText("quarantined").count() === 2);
    await page.getByRole("button", { name: edit("web.yaml") }).click();
    const marked = page.locator(".cfgd-marked");
    await marked.waitFor();
    assert.match(await marked.innerText(), /2\s*workers: 100[^]*must be at most 64/);
    for (const repair of repairs) repair();
    await eventually("all are active", async () => await page.getByText("quarantined").count() === 0);
    await eventually("no line is marked", async () => await marked.count() === 0);
});

test("an edit is made with a preview of values, files and units, and a comment", async () => {
    await go("settings/web.workers");
    await page.getByLabel("workers", { exact: true }).fill("8");
    await page.getByText("edited").first().waitFor();
    await button("Review").click();
    const dialog = page.getByRole("dialog");
    await text("nginx.service", dialog);
    await text("+worker_processes 8;", dialog);
    await text("Hides 1 value of a file", dialog);
    assert.deepEqual(await seriousFindings(page), []);
    await dialog.getByLabel("Comment").fill("for the sale");
    await button("Apply", dialog).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(machine.cfgctl("get", "web.workers").trim(), "8");
    await text("for the sale");
    await page.getByText("override").first().waitFor();
    await button("Remove the override").click();
    await button("Review").click();
    await text("+worker_processes 2;", page.getByRole("dialog"));
    await button("Apply", page.getByRole("dialog")).click();
    await eventually("the override is gone", () => machine.cfgctl("get", "web.workers").trim() === "2");
});

test("an edit that is not valid shows the issue at its field and cannot be made", async () => {
    await go("settings/web.workers");
    const field = page.getByLabel("workers", { exact: true });
    await field.fill("200");
    const help = page.locator(`[id="${await field.getAttribute("aria-describedby")}"]`);
    await help.getByText("must be at most 64 [maximum]").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await text("workers * connections * 2 is more than limits.open_files");
    assert.ok(await button("Review").isDisabled());
    await field.fill("3");
    await eventually("it can be made", async () => await button("Review").isEnabled());
    await field.fill("no number");
    await text("must be an integer");
    await button("Discard all").click();
});

test("several edits are one transaction, checked together", async () => {
    await go("settings/web.maintenance");
    await page.getByLabel("maintenance", { exact: true }).check();
    await text("maintenance needs a notice for visitors");
    await go("settings/web.notice");
    await page.getByLabel("notice", { exact: true }).fill("Back at noon");
    await eventually("both together are valid", async () => await button("Review").isEnabled());
    await text("2 edits");
    const revision = Number(JSON.parse(machine.cfgctl("--json", "status")).revision);
    await button("Review").click();
    await button("Apply", page.getByRole("dialog")).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(JSON.parse(machine.cfgctl("--json", "status")).revision, revision + 1);
    assert.equal(machine.cfgctl("get", "web.notice").trim(), "Back at noon");
    machine.cfgctl("unset", "web.maintenance", "web.notice");
});

test("JSON is edited with the issues at their lines, and arrays by a form", async () => {
    await go("settings/web");
    await button("JSON").click();
    const area = page.getByLabel("Value as JSON");
    const old = await area.inputValue();
    const lines = old.split("\n");
    const at = lines.findIndex((line) => line.includes('"port": 80,'));
    lines[at] = lines[at].replace("80", "99999");
    await area.fill(lines.join("\n"));
    await text(`Line ${at + 1}: must be at most 65535 [maximum]`);
    await area.fill("{\n  oops");
    await text("Line 2: expected a text in double quotes");
    await area.fill(old);
    await eventually("nothing is edited", async () => await page.getByText("edited").count() === 0);
    await go("settings/web.servers");
    await button("Form").click();
    await button("Add an element").click();
    await page.getByLabel("name", { exact: true }).nth(2).fill("shop.example.org");
    await page.getByLabel("port", { exact: true }).nth(2).fill("8081");
    await button("Review").click();
    await text("shop.example.org", page.getByRole("dialog"));
    await button("Apply", page.getByRole("dialog")).click();
    await eventually("the element is there", () => machine.cfgctl("get", "web.servers[2].port").trim() === "8081");
    machine.cfgctl("unset", "web.servers");
});

test("a secret is set and never shown", async () => {
    await go("settings/mail.password");
    await page.getByLabel("password", { exact: true }).fill("hunter-2");
    await button("Review").click();
    const dialog = page.getByRole("dialog");
    await text("(secret)", dialog);
    await button("Apply", dialog).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(machine.cfgctl("get", "mail.password").trim(), "hunter-2");
    await page.getByText("secret").first().waitFor();
    assert.ok(!(await page.content()).includes("hunter-2"));
    machine.cfgctl("unset", "mail.password");
});

test("an array with secrets in it is shown when it is asked for, and no form replaces it", async () => {
    const item = { type: "object", properties: { name: { type: "string" }, password: { type: "string", "x-secret": true } } };
    writeFileSync(join(machine.root, "etc/schemas/users.json"), JSON.stringify({ type: "object", properties: { list: { type: "array", items: item }, limit: { type: "integer" } } }));
    writeFileSync(edit("users.json"), JSON.stringify({ list: [{ name: "anna", password: "hunter-3" }], limit: 5 }));
    machine.cfgctl("sync");
    await go("settings/users");
    await text("list: (secret), which is edited on its own");
    assert.equal(await button("Set list").count(), 0);
    await go("settings/users.list");
    await text("There are secrets in it.");
    assert.ok(!(await page.content()).includes("hunter-3"));
    await button("Show and edit it").click();
    const area = page.getByLabel("Value as JSON");
    await area.fill((await area.inputValue()).replace("hunter-3", "hunter-4"));
    await button("Review").click();
    const dialog = page.getByRole("dialog");
    await text("(secret)", dialog);
    assert.ok(!(await dialog.innerText()).includes("hunter-4"));
    await button("Apply", dialog).click();
    await eventually("it is made", () => machine.cfgctl("get", "users.list[0].password").trim() === "hunter-4");
    await dialog.waitFor({ state: "detached" });
    machine.cfgctl("unset", "users.list");
    rmSync(edit("users.json"));
    rmSync(join(machine.root, "etc/schemas/users.json"));
    await eventually("the namespace is gone", () => !machine.cfgctl("--json", "status").includes('"users"'));
});

test("a pending change counts down, is confirmed, and another one is undone", async () => {
    await go("settings/web.workers");
    for (const [act, value] of [["Confirm", "6"], ["Undo", "6"]]) {
        await page.getByLabel("workers", { exact: true }).fill(act === "Confirm" ? "6" : "7");
        await button("Review").click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Undo it unless it is confirmed").check();
        await dialog.getByLabel("Confirm within (seconds)").fill("600");
        await button("Apply", dialog).click();
        await dialog.waitFor({ state: "detached" });
        await go("overview");
        await page.getByRole("timer").waitFor();
        assert.match(await page.getByRole("timer").innerText(), /^(9:\d\d|10:00)$/);
        await button(act).click();
        await page.getByRole("timer").waitFor({ state: "detached" });
        await eventually(`${act} is done`, () => machine.cfgctl("get", "web.workers").trim() === value);
        await go("settings/web.workers");
        await eventually("the field has it", async () => await page.getByLabel("workers", { exact: true }).inputValue() === value);
    }
    machine.cfgctl("unset", "web.workers");
});

test("a change of others appears at once, two revisions are compared, and one is rolled back to with a preview", async () => {
    await go("history");
    await page.getByRole("heading", { name: "Changes" }).waitFor();
    const before = JSON.parse(machine.cfgctl("--json", "status")).revision;
    machine.cfgctl("set", "-m", "by a colleague", "mail.port=2525");
    await text("by a colleague");
    await page.getByLabel("From revision").fill(String(before));
    await page.getByLabel("To revision").fill(String(before + 1));
    await button("Compare").click();
    const comparison = page.getByRole("region", { name: "Comparison" });
    assert.match(await comparison.getByRole("row", { name: "mail.port" }).innerText(), /587\s+2525/);
    await page.getByLabel("Key", { exact: true }).fill("mail");
    await eventually("only changes of the key", async () => await page.getByText("web.connections").count() === 0);
    await page.getByLabel("Key", { exact: true }).fill("");
    await page.getByLabel("User").selectOption("0");
    await eventually("only changes of the user", async () => await page.getByText("limits.ini").count() === 0);
    await page.getByLabel("User").selectOption("");
    await page.getByLabel("Until").fill("2020-01-01T00:00");
    await text("No change is kept that fits.");
    await page.getByLabel("Until").fill("");
    await page.getByLabel("Since").fill("2020-01-01T00:00");
    await text("limits.ini");
    await page.getByLabel("Since").fill("");
    await go(`history/${before}`);
    await page.getByLabel("What to roll back").first().selectOption("mail");
    await button(`Roll back to revision ${before}`).first().click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.getByRole("row", { name: "mail.port" }).innerText(), /2525\s+587/);
    await button("Roll back", dialog).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(machine.cfgctl("get", "mail.port").trim(), "587");
    machine.cfgctl("unset", "mail.port");
});

test("a preview that somebody else has made out of date is not applied", async () => {
    await go("settings/web.workers");
    await page.getByLabel("workers", { exact: true }).fill("9");
    await button("Review").click();
    const dialog = page.getByRole("dialog");
    await text("+worker_processes 9;", dialog);
    machine.cfgctl("set", "mail.port=26");
    await button("Apply", dialog).click();
    await text("changed by somebody else", dialog);
    assert.equal(machine.cfgctl("get", "web.workers").trim(), "2");
    await button("Cancel", dialog).click();
    await button("Discard all").click();
    machine.cfgctl("unset", "mail.port");
});

test("the tree is used with the keyboard, and a search finds values", async () => {
    await go("overview");
    await text("Problems (0)");
    await go("settings");
    const tree = page.getByRole("tree");
    await tree.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "web.connections" }).waitFor();
    assert.equal(await tree.getAttribute("aria-activedescendant"), "row-web.connections");
    await page.getByRole("textbox", { name: "Search keys and values" }).fill("ntp2");
    await text("1 key found");
    assert.deepEqual(await page.getByRole("treeitem").evaluateAll((all) => all.map((one) => one.title)), ["time", "time.servers"]);
    await page.getByRole("textbox", { name: "Search keys and values" }).fill("");
});

test("text of settings is never HTML", async () => {
    const value = '<img src="x" onerror="window.broken = 1"><b>bold</b>';
    machine.cfgctl("set", "-m", value, `web.notice=${value}`);
    for (const view of ["settings/web.notice", "history", "overview"]) {
        await go(view);
        await page.waitForTimeout(300);
    }
    await go("settings/web.notice");
    await eventually("it is shown as text", async () => (await page.locator("main").innerText()).includes("<b>bold</b>"));
    assert.equal(await page.locator("main img, main b").count(), 0);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    machine.cfgctl("unset", "web.notice");
});

test("when the daemon is killed the page says so, and goes on when it is back", async () => {
    await go("settings/web.workers");
    await page.getByLabel("workers", { exact: true }).fill("5");
    await machine.killDaemon();
    await text("cfgd does not answer");
    await machine.startDaemon();
    await page.getByText("cfgd does not answer").waitFor({ state: "detached" });
    machine.cfgctl("set", "mail.port=27");
    await go("settings/mail.port");
    await eventually("values are current", async () => await page.getByLabel("port", { exact: true }).inputValue() === "27");
    await text("1 edit");
    await button("Discard all").click();
    machine.cfgctl("unset", "mail.port");
});

test("changes that come faster than the page asks for their history do not use up its connections", async () => {
    await go("settings/mail.port");
    await page.getByRole("heading", { name: "History of this key" }).waitFor();
    await machine.setMany(600, (index) => ({ "mail.port": 1000 + index }));
    await eventually("the last value is shown", async () => await page.getByLabel("port", { exact: true }).inputValue() === "1599");
    const { revision } = JSON.parse(machine.cfgctl("--json", "status"));
    await page.getByRole("list", { name: "Changes" }).getByText(String(revision), { exact: true }).waitFor();
    machine.cfgctl("unset", "mail.port");
});

test("what a user may not do is shown, and nothing fails afterwards", async () => {
    if (process.getuid() !== 0) return;
    const address = await machine.startCockpit({ uid: 65534, gid: 65534 });
    const shown = await open("settings/web.workers", { address });
    await shown.getByText("You may look at settings, and not change them").waitFor();
    await shown.getByText("You do not have the right to change this").waitFor();
    assert.ok(await shown.getByLabel("workers", { exact: true }).isDisabled());
    assert.ok((await shown.locator("main").innerText()).includes("web.yaml"));
    await shown.evaluate((hash) => { window.location.hash = hash; }, machine.address("", "history/3").split("#")[1]);
    const act = shown.getByRole("button", { name: "Roll back to revision 3" });
    await act.waitFor();
    assert.equal(await act.getAttribute("aria-disabled"), "true");
    await act.click({ force: true });
    assert.equal(await shown.getByRole("dialog").count(), 0);
    assert.deepEqual(await seriousFindings(shown), []);
    await shown.close();
});

test("after the switch to administrative access the page has its rights, without a reload", async () => {
    if (process.getuid() !== 0) return;
    const address = await machine.startCockpit({ uid: 65534, gid: 65534, isAdministrative: true });
    const shown = await open("settings/web.workers", { address, isShell: true });
    const frame = shown.frameLocator('iframe[name$="/cfgd"]');
    const field = frame.getByLabel("workers", { exact: true });
    await field.waitFor();
    assert.ok(await field.isDisabled());
    await shown.getByText("Limited access").click();
    await shown.getByText("You now have administrative access").waitFor();
    await shown.getByRole("button", { name: "Close" }).last().click();
    await eventually("it can be edited", async () => await field.isEnabled());
    await frame.getByText("You may look at settings").waitFor({ state: "detached" });
    await field.fill("5");
    await frame.getByRole("button", { name: "Review", exact: true }).click();
    await frame.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
    await eventually("it is made", () => machine.cfgctl("get", "web.workers").trim() === "5");
    machine.cfgctl("unset", "web.workers");
    await shown.close();
});

test("consumers that lag are shown, until they have applied the revision", async () => {
    const consumer = await machine.follow("demo", ["mail"]);
    await consumer.acknowledge();
    machine.cfgctl("set", "mail.port=28");
    await go("overview");
    const row = page.getByRole("row", { name: "demo" });
    await row.getByText("waiting").waitFor();
    await consumer.acknowledge();
    await text("None of 1.");
    consumer.close();
    machine.cfgctl("unset", "mail.port");
});

test("names and values that are meant to deceive are shown as what they are", async () => {
    const bidi = "ab\u202Edc";
    writeFileSync(edit("constructor.json"), '{"__proto__": {"a": 1, "constructor": 2, "with.dot": {"and/slash ~1": "x", "<b>": "y"}}}');
    writeFileSync(edit("valueof.json"), JSON.stringify({ toString: bidi, long: "x".repeat(300000), list: Array.from({ length: 10000 }, (_none, index) => index) }));
    machine.cfgctl("sync");
    await go("settings/constructor.__proto__.a");
    await page.getByRole("heading", { name: "constructor.__proto__.a" }).waitFor();
    await page.getByLabel("a", { exact: true }).fill("5");
    await button("Review").click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.getByRole("row", { name: "constructor.__proto__.a" }).innerText(), /1\s+5/);
    await button("Apply", dialog).click();
    await eventually("it is made", () => machine.cfgctl("get", "constructor.__proto__.a").trim() === "5");
    await dialog.waitFor({ state: "detached" });
    machine.cfgctl("unset", "constructor.__proto__.a");
    await page.getByRole("treeitem", { name: "with.dot" }).click();
    await page.getByRole("treeitem", { name: "and/slash" }).click();
    await page.getByRole("heading", { name: 'constructor.__proto__."with.dot"."and/slash ~1"' }).waitFor();
    await page.reload();
    await page.getByRole("treeitem", { name: "and/slash" }).waitFor();
    await page.getByLabel("and/slash ~1", { exact: true }).fill("changed");
    await text("1 edit");
    await eventually("it can be made", async () => await button("Review").isEnabled());
    await button("Discard all").click();
    await go("settings/valueof.toString");
    await text("It has characters that are not seen: ab\\u202edc");
    assert.ok(!(await page.locator("main").innerText()).includes("\u202e"));
    await go("settings/valueof.long");
    await page.getByRole("heading", { name: "valueof.long" }).waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    await go("settings/valueof.list");
    const area = page.getByLabel("list", { exact: true });
    await area.waitFor();
    assert.ok(await page.evaluate(() => document.querySelectorAll("*").length) < 2000, "no field for each element");
    await area.focus();
    for (const key of ["Control+End", "ArrowUp", "End", "0"]) await page.keyboard.press(key);
    await button("Review").click();
    await page.getByRole("dialog").getByText("+  99990").waitFor();
    await button("Cancel", page.getByRole("dialog")).click();
    await button("Discard all").click();
    for (const name of ["constructor.json", "valueof.json"]) rmSync(edit(name));
    await eventually("they are gone", () => !machine.cfgctl("--json", "status").includes("constructor"));
});

test("a daemon that does not answer in time is said to be slow", async () => {
    await go("settings/web.workers");
    await page.getByLabel("workers", { exact: true }).waitFor();
    machine.daemon.kill("SIGSTOP");
    await page.getByLabel("workers", { exact: true }).fill("5");
    await text("cfgd takes long to answer");
    machine.daemon.kill("SIGCONT");
    await page.getByText("cfgd takes long to answer").waitFor({ state: "detached" });
    await eventually("the edit was checked", async () => await button("Review").isEnabled());
    await button("Discard all").click();
});

test("targets are shown as cfgd-apply reports them", async () => {
    const report = join(machine.root, "run/targets.json");
    const write = (state) => {
        writeFileSync(`${report}.new`, JSON.stringify({ revision: 5, targets: [{ name: "proxy", path: "/etc/cfgd/targets/proxy.toml", unit: "proxy.service", action: "reload", files: ["/etc/proxy.conf"], state, revision: 5, time: "", message: state === "failed" ? "the check failed" : "" }] }));
        renameSync(`${report}.new`, report);
    };
    await go("files");
    await text("cfgd-apply has no targets");
    write("failed");
    await page.getByRole("row", { name: "proxy" }).getByText("the check failed").waitFor();
    write("applied");
    await page.getByRole("row", { name: "proxy" }).getByText("applied").waitFor();
});

test("a lock of an access file is shown with its reason as soon as it is saved", async () => {
    await go("settings/web.workers");
    const field = page.getByLabel("workers", { exact: true });
    await eventually("it can be edited", async () => await field.isEnabled());
    const directory = join(machine.root, "etc/access");
    mkdirSync(directory);
    writeFileSync(join(directory, "50-workers.toml"), '[[lock]]\nkeys = ["web.workers"]\nabove = "admin"\nreason = "measured on Monday"\n', { mode: 0o644 });
    await eventually("it cannot be edited", async () => await field.isDisabled());
    await text("measured on Monday");
    rmSync(directory, { recursive: true });
    await eventually("it can be edited again", async () => await field.isEnabled());
});

test("the page is listed in Cockpit and works inside of its shell", async () => {
    const shown = await open("overview", { isShell: true });
    await shown.getByRole("link", { name: "Settings (cfgd)" }).waitFor();
    const frame = shown.frameLocator('iframe[name$="/cfgd"]');
    await frame.getByText("all sources are effective as saved").waitFor();
    await frame.getByRole("button", { name: "Settings", exact: true }).click();
    await frame.getByRole("treeitem", { name: "web" }).waitFor();
    await shown.close();
});

test("a change until it is applied is confirmed by what cfgd-apply writes, and undone when its check fails", async () => {
    const applier = await machine.startApply();
    await eventually("cfgd-apply is a consumer", () => machine.cfgctl("consumers").includes("cfgd-apply:workers"));
    const make = async (value) => {
        await go("settings/web.workers");
        await page.getByLabel("workers", { exact: true }).fill(value);
        await button("Review").click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Undo it unless it is confirmed").check();
        await dialog.getByLabel("Confirm within (seconds)").fill("600");
        await dialog.getByLabel("Confirm it when every consumer has applied it").check();
        await button("Apply", dialog).click();
        await dialog.waitFor({ state: "detached" });
    };
    await make("6");
    await go("overview");
    await eventually("it is confirmed", () => JSON.parse(machine.cfgctl("--json", "pending")).pending.length === 0);
    assert.match(readFileSync(applier.file, "utf8"), /"workers": 6\b/);
    await page.getByRole("timer").waitFor({ state: "detached" });
    assert.equal(machine.cfgctl("get", "web.workers").trim(), "6");
    await make("20");
    await go("overview");
    await eventually("it is undone", () => machine.cfgctl("get", "web.workers").trim() === "6");
    assert.match(readFileSync(applier.file, "utf8"), /"workers": 6\b/);
    await page.getByRole("timer").waitFor({ state: "detached" });
    await go("settings/web.workers");
    await eventually("the page shows what is effective", async () => await page.getByLabel("workers", { exact: true }).inputValue() === "6");
    await go("files");
    await page.getByRole("table", { name: "Targets" }).getByRole("row", { name: "workers" }).waitFor();
    await applier.stop();
    machine.cfgctl("unset", "web.workers");
});
