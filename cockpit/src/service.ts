// The state of the service, kept current without polling: values by Watch, health by WatchHealth, files by
// Cockpit's events of their directories, consumers by WaitApplied. A connection that ends is opened again, and
// Watch resumes behind the last revision. What Watch and WatchHealth do not carry is read again after they report.
import type * as T from "./interfaces";
import { type Json, equal, isObject, parse } from "./json";
import { type Draft, type Schema, hasSecret, isSecret, issuesAt, schemaAt, setParameters, splitKey, withEdits } from "./model";
import { Client, type Stream, VarlinkError } from "./varlink";

export interface Target {
    name: string; path: string; unit: string; action: string; files: string[];
    state: string; revision: number; time: string; message: string;
}
export interface TouchedTarget { name: string; unit: string; action: string; files: { path: string; diff?: string; why?: string }[] }
export type Status = T.Methods["io.cfgd.Service.Status"]["out"];

export interface State {
    /** connecting: not yet; lost: `problem` says why, and it is tried again. */
    connection: "connecting" | "open" | "lost";
    problem?: string;
    /** It is connected, and a call waits for longer than a few seconds. */
    isSlow: boolean;
    values: ReadonlyMap<string, Json>;
    /** Counts the changes of the set of keys. */
    keysVersion: number;
    revision: number;
    status?: Status;
    health?: { status: string; checks: T.ServiceCheck[] };
    problems: T.ServiceProblem[];
    sources: T.ServiceSource[];
    pending: T.ConfigPending[];
    consumers: T.ConfigConsumer[];
    targets: Target[];
    rights: T.ServiceRight[];
    /** Counts the changes of rights and files, which may change what Explain says without a revision. */
    policyVersion: number;
    schemas: ReadonlyMap<string, Schema>;
    users: ReadonlyMap<number, string>;
    draft: Draft;
    /** What the service says of the draft; checked whenever it changes. */
    draftIssues: T.ConfigIssue[];
    draftFailure?: string;
}

const firstState: State = {
    connection: "connecting", isSlow: false, values: new Map(), keysVersion: 0, revision: 0, problems: [], sources: [], pending: [],
    consumers: [], targets: [], rights: [], policyVersion: 0, schemas: new Map(), users: new Map(), draft: new Map(), draftIssues: [],
};

/** Runs `work` once after calls that come close together, and again after calls during it. */
export function coalesced(work: () => Promise<void>, milliseconds: number): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isRunning = false;
    let isWanted = false;
    const run = async (): Promise<void> => {
        timer = undefined;
        isRunning = true;
        isWanted = false;
        await work().catch((error: unknown) => {
            if (!(error instanceof VarlinkError)) console.error(error);
        });
        isRunning = false;
        if (isWanted) schedule();
    };
    const schedule = (): void => {
        if (isRunning) isWanted = true;
        else timer ??= setTimeout(() => void run(), milliseconds);
    };
    return schedule;
}

const retryMilliseconds = [200, 500, 1000, 2000, 5000];

export class Service {
    state = firstState;
    client: Client;
    private readonly listeners = new Set<() => void>();
    private streams: Stream[] = [];
    private watchers: { close(): void }[] = [];
    private watched = "";
    private retries = 0;
    private retryTimer?: ReturnType<typeof setTimeout>;
    private storeId?: string;
    /** The values of a Watch that begins anew, until it is ready. */
    private fresh?: Map<string, Json>;
    private applied?: Stream;
    private awaited = 0;
    private isOver = false;
    private checks = 0;
    /** Reads what no stream reports. */
    readonly refresh = coalesced(() => this.readState(), 30);
    private readonly refreshFiles = coalesced(async () => {
        await this.client.call("io.cfgd.Config.Sync", {});
        await this.readState();
        // A file that vanishes has half a second to come back, for which Sync does not wait.
        setTimeout(this.refresh, 1000);
    }, 50);
    readonly checkDraft = coalesced(() => this.tryDraft(), 150);

    /** `root` is the directory of `cfgd --root`; empty: the service of the machine. */
    constructor(readonly root: string) {
        this.client = new Client(root ? `${root}/run/io.cfgd` : "/run/cfgd/io.cfgd", (isSlow) => this.set({ isSlow }));
    }

    readonly subscribe = (on: () => void): (() => void) => {
        this.listeners.add(on);
        return () => this.listeners.delete(on);
    };
    readonly snapshot = (): State => this.state;
    private set(part: Partial<State>): void {
        this.state = { ...this.state, ...part };
        for (const one of this.listeners) one();
    }

    start(): void {
        void this.readUsers();
        const report = this.root ? `${this.root}/run/targets.json` : "/run/cfgd-apply/targets.json";
        cockpit.file(report, { superuser: "try" }).watch((text) => {
            const read = text ? parseOr(text) : null;
            this.set({ targets: isObject(read) && Array.isArray(read.targets) ? read.targets as unknown as Target[] : [] });
        });
        // Confirm and Extend of others do not make a revision, so nothing reports them.
        document.addEventListener("visibilitychange", () => { if (!document.hidden) this.refresh(); });
        this.connect();
    }
    /** After the rights of the session have changed: channels of before keep theirs. */
    reconnect(): void {
        this.disconnect();
        this.storeId = undefined;
        this.connect();
    }
    stop(): void {
        this.isOver = true;
        this.disconnect();
    }

    private disconnect(): void {
        clearTimeout(this.retryTimer);
        for (const one of [...this.streams, ...this.watchers]) one.close();
        this.streams = [];
        this.watchers = [];
        this.watched = "";
        this.applied?.close();
        this.applied = undefined;
        this.client.close();
    }
    private connect(): void {
        const resume = this.storeId ? { afterRevision: this.state.revision, storeId: this.storeId } : {};
        if (!this.storeId) this.fresh = new Map();
        const lost = (error?: VarlinkError): void => this.lost(error);
        this.streams = [
            this.client.stream("io.cfgd.Config.Watch", { hidden: true, secrets: false, ...resume }, (reply) => this.onWatch(reply), lost),
            this.client.stream("io.cfgd.Service.WatchHealth", {}, (reply) => this.onHealth(reply), lost),
        ];
    }
    private lost(error?: VarlinkError): void {
        if (this.isOver) return;
        this.disconnect();
        const code = error?.id === "closed" ? String(error.parameters.problem) : "";
        this.set({ connection: "lost", problem: code === "not-found" || code === "disconnected" || !error ? "" : error.message });
        const wait = retryMilliseconds[Math.min(this.retries++, retryMilliseconds.length - 1)];
        this.retryTimer = setTimeout(() => this.connect(), wait);
    }

    private onWatch(reply: T.Methods["io.cfgd.Config.Watch"]["out"]): void {
        if (reply.storeId) this.storeId = reply.storeId;
        if (reply.resync) this.fresh = new Map();
        const before = this.state.values;
        const values = this.fresh ?? new Map(before);
        for (const [key, value] of Object.entries(reply.values ?? {})) {
            // A value replaces what was below it, and an object that was empty gets members.
            values.set(key, value);
        }
        for (const key of reply.removed ?? []) values.delete(key);
        if (this.fresh && !reply.ready) return;
        const isNew = this.fresh !== undefined;
        this.fresh = undefined;
        const isSameSet = !isNew && values.size === before.size && Object.keys(reply.values ?? {}).every((key) => before.has(key));
        this.retries = 0;
        this.set({
            connection: "open", problem: undefined, values, revision: reply.revision,
            keysVersion: this.state.keysVersion + (isSameSet ? 0 : 1),
        });
        this.refresh();
        if (this.state.draft.size) this.checkDraft();
    }
    private onHealth(reply: T.Methods["io.cfgd.Service.WatchHealth"]["out"]): void {
        const checks = new Map((this.state.health?.checks ?? []).map((one) => [one.name, one]));
        for (const one of reply.checks) checks.set(one.name, one);
        this.set({ health: { status: reply.status, checks: [...checks.values()] } });
        this.refresh();
    }
    /** Consumers are read when all have applied the revision, or one has failed; not by a clock. */
    private waitApplied(): void {
        if (!this.state.consumers.length || (this.awaited === this.state.revision && this.applied)) return;
        this.awaited = this.state.revision;
        this.applied?.close();
        this.applied = this.client.stream("io.cfgd.Config.WaitApplied", { revision: this.state.revision, seconds: 3600 },
            () => undefined, () => this.refresh());
    }

    private async readState(): Promise<void> {
        const client = this.client;
        const [status, problems, pending, consumers, access, sources] = await Promise.all([
            client.call("io.cfgd.Service.Status", {}),
            client.call("io.cfgd.Service.Problems", { limit: 100 }),
            client.call("io.cfgd.Config.ListPending", {}),
            client.call("io.cfgd.Config.Consumers", {}),
            client.call("io.cfgd.Service.Access", {}),
            client.collect("io.cfgd.Service.Sources", {}, [] as T.ServiceSource[], (into, reply) => into.push(...reply.sources)),
        ]);
        const schemas = new Map<string, Schema>();
        const explained = await Promise.all(status.namespaces.map((key) => client.call("io.cfgd.Config.Explain", { key })
            .catch(() => undefined)));
        status.namespaces.forEach((name, index) => {
            const schema = explained[index]?.schema;
            if (schema) schemas.set(name, schema);
        });
        const json = (value: unknown): Json => value as Json;
        const isSame = equal(json(access.rights), json(this.state.rights)) && equal(json(sources), json(this.state.sources));
        this.set({
            status, problems: problems.problems, pending: pending.pending, consumers: consumers.consumers,
            rights: access.rights, sources, schemas,
            policyVersion: this.state.policyVersion + (isSame ? 0 : 1),
        });
        this.watchDirectories();
        this.waitApplied();
    }
    /** Events of the directories of sources. WatchHealth reports the first file that is not effective, not the second. */
    private watchDirectories(): void {
        const files = this.state.health?.checks.find((one) => one.name === "files")?.details.directories;
        const directories = new Set(this.state.sources.map((one) => one.path.slice(0, one.path.lastIndexOf("/"))));
        for (const [path, how] of Object.entries(isObject(files) ? files : {})) {
            // It may come into being in the directory above.
            directories.add(how === "readable" ? path : path.slice(0, path.lastIndexOf("/")));
        }
        const wanted = [...directories].sort();
        if (wanted.join("\n") === this.watched) return;
        this.watched = wanted.join("\n");
        for (const one of this.watchers) one.close();
        this.watchers = wanted.map((path) => {
            const channel = cockpit.channel({ payload: "fswatch1", path, superuser: "try" });
            channel.addEventListener("message", () => this.refreshFiles());
            return channel;
        });
    }
    private async readUsers(): Promise<void> {
        const text = await cockpit.file("/etc/passwd").read().catch(() => null);
        this.set({
            users: new Map((text ?? "").split("\n").map((line) => line.split(":")).filter((one) => one.length > 2)
                .map((one) => [Number(one[2]), one[0]])),
        });
    }

    may(operation: string, key: string): boolean {
        return this.state.rights.some((one) => one.key === key && one.operation === operation && one.allowed);
    }
    /** Whether the schema of its namespace says that a key is a secret. */
    isSecret(key: string): boolean {
        const [namespace = "", ...parts] = splitKey(key);
        const root = this.state.schemas.get(namespace);
        if (!root) return false;
        return hasSecret(schemaAt(root, parts), root) || parts.some((_part, index) => isSecret(schemaAt(root, parts.slice(0, index + 1))));
    }
    userName(uid?: number): string {
        return uid === undefined ? "" : this.state.users.get(uid) ?? String(uid);
    }
    edit(edits: Iterable<[string, Json | undefined]>): void {
        this.setDraft(withEdits(this.state.draft, edits));
    }
    dropEdit(key: string): void {
        const draft = new Map(this.state.draft);
        draft.delete(key);
        this.setDraft(draft);
    }
    setDraft(draft: Draft): void {
        this.checks++;
        // Issues of other keys stay until the answer is there, so that the page does not flicker.
        const kept = this.state.draftIssues.filter((one) => [...draft].every(([key, value]) => (
            value === this.state.draft.get(key) || !issuesAt([one], key).length)));
        this.set({ draft, draftIssues: draft.size ? kept : [], draftFailure: undefined });
        if (draft.size) this.checkDraft();
    }
    private async tryDraft(): Promise<void> {
        const check = this.checks;
        const { draft } = this.state;
        if (!draft.size) return;
        let draftIssues: T.ConfigIssue[] = [];
        let draftFailure: string | undefined;
        try {
            draftIssues = (await this.client.call("io.cfgd.Config.Set", { ...setParameters(draft), dryRun: true })).warnings;
        } catch (error) {
            if (!(error instanceof VarlinkError) || error.id === "closed") throw error;
            if (Array.isArray(error.parameters.issues)) draftIssues = error.parameters.issues as unknown as T.ConfigIssue[];
            else draftFailure = describe(error);
        }
        if (check === this.checks) this.set({ draftIssues, draftFailure });
    }
    /** cfgctl, which knows what a change would do to targets. Rejects where it is not installed. */
    async cfgctl(argv: string[], input = ""): Promise<Json> {
        const root = this.root ? ["--root", this.root] : [];
        const environ = ["LC_ALL=C.UTF-8"];
        return parse(await cockpit.spawn(["cfgctl", "--json", ...root, ...argv], { superuser: "try", err: "message", environ }).input(input));
    }
}

function parseOr(text: string): Json {
    try {
        return parse(text);
    } catch {
        return null;
    }
}

/** For people. */
export function describe(error: unknown): string {
    if (!(error instanceof VarlinkError)) return error instanceof Error ? error.message : String(error);
    const _ = cockpit.gettext;
    const name = error.id.slice(error.id.lastIndexOf(".") + 1);
    const { key, path, line, reason, limit, method } = error.parameters;
    if (error.id === "closed") return _("The connection to cfgd was closed");
    if (name === "ReadOnly") {
        const where = path ? ` (${String(path)}${line ? `:${String(line as number)}` : ""})` : "";
        return cockpit.format(_("$0 can only be changed in files$1"), key, `${where}${reason ? `: ${String(reason)}` : ""}`);
    }
    if (name === "RevisionMismatch") return _("The settings were changed by somebody else in the meantime. Look at the preview again.");
    if (name === "PermissionDenied") return _("You do not have the right to do this");
    if (name === "LimitExceeded") return cockpit.format(_("A limit of the service is exceeded: $0"), limit);
    if (name === "NoSuchPending") return _("The change is not pending any more");
    if (name === "NoSuchRevision") return _("This revision is not known, or no longer kept");
    if (name === "Invalid") return _("The change is not valid, nothing was changed");
    if (name === "MethodNotFound") return cockpit.format(_("The service is too old: it does not know $0"), method);
    return error.message;
}
