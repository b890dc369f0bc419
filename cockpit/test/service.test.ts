import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, type FakeChannel, type FakeCockpit, install } from "./fake_cockpit";
import { parse } from "../src/json";
import { Service, coalesced, describe } from "../src/service";
import { Client, Framing, VarlinkError } from "../src/varlink";

(globalThis as Record<string, unknown>).document = new EventTarget();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("messages are split at NUL bytes, wherever the chunks end", () => {
    const whole = bytes('{"a":"ü"}\0{}\0{"b"');
    for (let cut = 0; cut <= whole.length; cut++) {
        const framing = new Framing();
        assert.deepEqual([...framing.push(whole.subarray(0, cut)), ...framing.push(whole.subarray(cut))], ['{"a":"ü"}', "{}"], String(cut));
    }
});

test("a message that is too long is an error", () => {
    const framing = new Framing();
    const chunk = bytes("a".repeat(1 << 20));
    assert.throws(() => { for (let i = 0; i < 17; i++) framing.push(chunk); }, /too long/);
});

test("calls share a channel, with the rights of the session, and are answered in order", async () => {
    const cockpit = install();
    const client = new Client("/run/cfgd/io.cfgd");
    const [first, second] = [client.call("io.cfgd.Config.Get", { keys: ["a.b"] }), client.call("io.cfgd.Config.ListPending", {})];
    assert.equal(cockpit.channels.length, 1);
    const [channel] = cockpit.channels;
    assert.deepEqual(channel.options, { payload: "stream", unix: "/run/cfgd/io.cfgd", binary: true, superuser: "try" });
    assert.deepEqual(channel.calls(), [
        { method: "io.cfgd.Config.Get", parameters: { keys: ["a.b"] } }, { method: "io.cfgd.Config.ListPending", parameters: {} }]);
    channel.reply({ values: { "a.b": 1 }, missing: [], revision: 3 });
    channel.reply({ key: "x", message: "bad" }, { error: "io.cfgd.Config.BadKey" });
    assert.equal((await first).revision, 3);
    await assert.rejects(second, (error: VarlinkError) => error.id === "io.cfgd.Config.BadKey" && error.message === "bad");
});

test("a channel that closes fails its calls, and the next call has a new one", async () => {
    const cockpit = install();
    const client = new Client("/x");
    const call = client.call("io.cfgd.Config.Sync", {});
    cockpit.channels[0].emit("close", { problem: "not-found" });
    await assert.rejects(call, (error: VarlinkError) => error.id === "closed" && error.parameters.problem === "not-found");
    void client.call("io.cfgd.Config.Sync", {}).catch(() => undefined);
    assert.equal(cockpit.channels.length, 2);
});

test("what is not a message closes the channel", async () => {
    const cockpit = install();
    const call = new Client("/x").call("io.cfgd.Config.Sync", {});
    cockpit.channels[0].emit("message", bytes("nonsense\0"));
    await assert.rejects(call);
    assert.ok(!cockpit.channels[0].valid);
});

test("a stream has a channel of its own, ends after its last reply, and says nothing after close", () => {
    const cockpit = install();
    const client = new Client("/x");
    const seen: unknown[] = [];
    const stream = (): { close(): void } => client.stream("io.cfgd.Service.Sources", {}, (reply) => seen.push(reply.sources.length), (error) => seen.push(error ?? "end"));
    stream();
    cockpit.channels[0].reply({ sources: [1] }, { continues: true });
    cockpit.channels[0].reply({ sources: [1, 2] });
    assert.deepEqual(seen, [1, 2, "end"]);
    assert.ok(!cockpit.channels[0].valid);
    stream().close();
    assert.equal(cockpit.channels[1].problem, "cancelled", "the bridge closes the socket at once");
    cockpit.channels[1].reply({ sources: [1] });
    cockpit.channels[1].emit("close", { problem: "disconnected" });
    assert.equal(seen.length, 3);
});

function started(): { cockpit: FakeCockpit; service: Service; watch: FakeChannel } {
    const cockpit = install();
    const service = new Service("/r");
    service.start();
    return { cockpit, service, watch: cockpit.of("Watch")[0] };
}
const only = (values: ReadonlyMap<string, unknown>): string => JSON.stringify(Object.fromEntries(values));

test("values appear when they are complete, and follow each revision", () => {
    const { service, watch } = started();
    assert.deepEqual(watch.calls()[0], { method: "io.cfgd.Config.Watch", parameters: { hidden: true, secrets: false }, more: true });
    watch.reply({ storeId: "s", values: { "a.x": 1 }, revision: 4 }, { continues: true });
    assert.equal(service.state.values.size, 0);
    watch.reply({ storeId: "s", values: { "a.y": 2 }, ready: true, revision: 4 }, { continues: true });
    assert.equal(only(service.state.values), '{"a.x":1,"a.y":2}');
    const { keysVersion } = service.state;
    watch.reply({ values: { "a.x": 5 }, revision: 5 }, { continues: true });
    assert.equal(service.state.keysVersion, keysVersion);
    watch.reply({ removed: ["a.y"], revision: 6 }, { continues: true });
    assert.equal(only(service.state.values), '{"a.x":5}');
    assert.notEqual(service.state.keysVersion, keysVersion);
    assert.equal(service.state.revision, 6);
    service.stop();
});

test("a lost connection is opened again behind the last revision; a resync begins anew", () => {
    const clock = new Clock();
    const { cockpit, service, watch } = started();
    watch.reply({ storeId: "s", values: { "a.x": 1 }, ready: true, revision: 4 }, { continues: true });
    watch.emit("close", { problem: "disconnected" });
    assert.equal(service.state.connection, "lost");
    assert.equal(cockpit.of("Watch").length, 0);
    clock.tick(200);
    const [again] = cockpit.of("Watch");
    assert.deepEqual(again.calls()[0].parameters, { hidden: true, secrets: false, afterRevision: 4, storeId: "s" });
    again.reply({ values: { "a.y": 2 }, revision: 5 }, { continues: true });
    assert.equal(only(service.state.values), '{"a.x":1,"a.y":2}');
    assert.equal(service.state.connection, "open");
    again.reply({ storeId: "t", resync: true, values: { "b.z": 1 }, revision: 2 }, { continues: true });
    again.reply({ storeId: "t", ready: true, revision: 2 }, { continues: true });
    assert.equal(only(service.state.values), '{"b.z":1}');
    service.stop();
    clock.stop();
});

test("after a change of rights everything is read again on new channels", () => {
    const { cockpit, service, watch } = started();
    watch.reply({ storeId: "s", values: { "a.x": 1 }, ready: true, revision: 4 }, { continues: true });
    service.reconnect();
    assert.ok(!watch.valid);
    assert.deepEqual(cockpit.of("Watch")[0].calls()[0].parameters, { hidden: true, secrets: false });
    service.stop();
});

test("a draft is checked by a dry run, and an answer to an older draft is ignored", async () => {
    const clock = new Clock();
    const { cockpit, service } = started();
    service.edit([["web.workers", 200], ["web.gone", undefined]]);
    clock.tick(150);
    const [channel] = cockpit.of("Set");
    assert.deepEqual(channel.calls().at(-1), { method: "io.cfgd.Config.Set", parameters: { values: { "web.workers": 200 }, unset: ["web.gone"], dryRun: true } });
    const issue = { severity: "error", rule: "maximum", key: "web.workers", pointer: "/workers", message: "must be at most 64" };
    channel.reply({ issues: [issue] }, { error: "io.cfgd.Config.Invalid" });
    await new Promise(setImmediate);
    assert.deepEqual(service.state.draftIssues, [issue]);
    service.edit([["web.workers", 300]]);
    assert.deepEqual(service.state.draftIssues, []);
    clock.tick(150);
    service.setDraft(new Map());
    channel.reply({ issues: [issue] }, { error: "io.cfgd.Config.Invalid" });
    await new Promise(setImmediate);
    assert.deepEqual(service.state.draftIssues, []);
    service.stop();
    clock.stop();
});

test("work that is asked for while it runs is done once more", async () => {
    const clock = new Clock();
    let runs = 0;
    let finish = (): void => undefined;
    const ask = coalesced(() => {
        runs++;
        return new Promise((resolve) => { finish = resolve; });
    }, 10);
    ask();
    ask();
    clock.tick(10);
    assert.equal(runs, 1);
    ask();
    ask();
    finish();
    await new Promise(setImmediate);
    clock.tick(10);
    assert.equal(runs, 2);
    finish();
    await new Promise(setImmediate);
    clock.tick(100);
    assert.equal(runs, 2);
    clock.stop();
});

test("errors are described for people", () => {
    install();
    const of = (id: string, parameters: string): string => describe(new VarlinkError(id, parse(parameters) as never));
    assert.equal(of("io.cfgd.Config.ReadOnly", '{"key":"a.b","path":"/f","line":3,"reason":"why"}'), "a.b can only be changed in files (/f:3): why");
    assert.match(of("org.varlink.service.PermissionDenied", "{}"), /right/);
    assert.equal(of("io.cfgd.Config.StoreFailed", '{"message":"disk full"}'), "disk full");
    assert.equal(of("io.cfgd.Config.NoEdit", "{}"), "NoEdit");
});
