// Prints the time to the first paint with 10,000 keys, and the memory of the page after many changes: as fast as they
// are made, or with CFGD_MINUTES=N one a second, from view to view, for as long.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Machine, missing } from "./machine.mjs";

const absent = missing();
if (absent.length) {
    console.log(`skipped, missing: ${absent.join(", ")} (tools/bootstrap --web, npm ci)`);
    process.exit(77);
}
const namespaces = 20;
const keys = 500;
const rounds = 5;
const changes = Number(process.env.CFGD_CHANGES ?? 1000);
const minutes = Number(process.env.CFGD_MINUTES ?? 0);

const machine = new Machine();
try {
    for (let i = 0; i < namespaces; i++) {
        const document = {};
        for (let k = 0; k < keys; k++) (document[`group${Math.floor(k / 10)}`] ??= {})[`key${k % 10}`] = `value ${k} of ${i}`;
        writeFileSync(join(machine.root, `etc/namespaces/load${i}.json`), JSON.stringify(document, null, 2), { mode: 0o644 });
    }
    await machine.startDaemon();
    const base = await machine.startCockpit();
    await machine.startBrowser();
    const page = await machine.browser.newPage({ viewport: { width: 1280, height: 800 } });
    const paints = [];
    for (let i = 0; i < 5; i++) {
        await page.goto("about:blank");
        await page.goto(machine.address(base, "settings/load0.group1.key1"));
        await page.getByRole("treeitem", { name: "load0", exact: false }).first().waitFor();
        paints.push(await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now())))))));
    }
    const first = await page.evaluate(() => Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime));
    console.log(`${await page.getByRole("status").innerText()}; tree on the screen after ${paints.sort((a, b) => a - b).join(", ")} ms (5 loads); first contentful paint of the last one after ${first} ms`);
    console.log(`elements in the page: ${await page.evaluate(() => document.querySelectorAll("*").length)}`);

    const begin = Date.now();
    await page.getByRole("textbox", { name: "Search keys and values" }).fill("load7.group7.key7");
    await page.getByText("1 key found").waitFor();
    console.log(`search: ${Date.now() - begin} ms`);
    await page.getByRole("textbox", { name: "Search keys and values" }).fill("");
    const session = await page.context().newCDPSession(page);
    const report = async (done) => {
        const { revision } = JSON.parse(machine.cfgctl("--json", "status"));
        await page.getByText(`revision ${revision}`, { exact: true }).waitFor();
        await page.waitForTimeout(1000);
        for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
        const { usedSize } = await session.send("Runtime.getHeapUsage");
        const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
        console.log(`after ${done} changes: heap ${(usedSize / 1048576).toFixed(1)} MiB, ${nodes} nodes, ${jsEventListeners} listeners`);
    };
    await report(0);
    const valuesOf = (i) => ({ [`load0.group1.key${i % 10}`]: `value ${Math.random()}` });
    for (let round = 0; !minutes && round < rounds; round++) {
        await machine.setMany(changes, valuesOf);
        await report((round + 1) * changes);
    }
    const views = ["overview", "settings/load0", "history", "files", "settings/load0.group1.key1"];
    const start = Date.now();
    for (let done = 1; done <= minutes * 60; done++) {
        await machine.setMany(1, () => valuesOf(done));
        // Every minute another view. What is compared is the page with the same view: each fifth minute.
        if (done % 60 === 0) await page.evaluate((to) => { window.location.hash = to; }, machine.address("", views[(done / 60) % views.length]).split("#")[1]);
        if (done % 300 === 299) await report(done);
        await page.waitForTimeout(Math.max(0, start + done * 1000 - Date.now()));
    }
} finally {
    await machine.stop();
}
