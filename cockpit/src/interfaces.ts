// Made by generate.mjs from the .varlink files; do not edit.
import type { Exact, JsonObject } from "./json";

export type ConfigOrigin = { layer: string; path?: string; line?: number; column?: number; uid?: number; revision: number; gid?: number; pid?: number; unit?: string; time?: string };
export type ConfigCandidate = { origin: ConfigOrigin; values?: JsonObject; locked?: boolean };
export type ConfigLock = { above: string; path: string; line: number; reason: string };
export type ConfigIssue = { severity: string; rule: string; key?: string; pointer?: string; message: string; path?: string; line?: number; column?: number };
export type ConfigHidden = { key: string; origin: ConfigOrigin; by?: ConfigOrigin; unset?: string; removed?: boolean };
export type ConfigOverride = { key: string; values?: JsonObject; origin: ConfigOrigin; soft?: boolean; hides?: ConfigHidden[]; hidden: number; locked?: boolean };
export type ConfigPending = { revision: number; kind: string; deadline: string; keys: string[]; uid?: number; comment?: string; untilApplied?: boolean };
export type ConfigConsumerFailure = { revision: number; message: string; time: string };
export type ConfigConsumer = { name: string; state: string; uid: number; pid?: number; unit?: string; prefixes?: string[]; delivered: number; applied: number; since: string; failure?: ConfigConsumerFailure };
export type HistoryOrigin = { layer: string; path?: string; line?: number; column?: number; uid?: number; revision: number };
export type HistoryIssue = { severity: string; rule: string; key?: string; pointer?: string; message: string; path?: string; line?: number; column?: number };
export type HistoryHidden = { key: string; origin: HistoryOrigin; unset?: string };
export type HistoryKeyOrigins = { origin: HistoryOrigin; lines: Record<string, number> };
export type HistoryChange = { revision: number; time: string; origin: HistoryOrigin; pid?: number; unit?: string; comment?: string; created: string[]; updated: string[]; deleted: string[]; before?: JsonObject; after?: JsonObject; warnings?: HistoryIssue[]; origins?: HistoryKeyOrigins[] };
export type HistoryLine = { key: string; values?: JsonObject; origin: HistoryOrigin; pid?: number; unit?: string; time?: string; comment?: string };
export type ServiceCheck = { name: string; status: string; message: string; details: JsonObject; durationMs: number | Exact; time: string };
export type ServiceProblem = { id: number; kind: string; message: string; source: string; recoverable: boolean; recovery: string; time: string; count: number; context: JsonObject; lastTime?: string; resolved?: string };
export type ServiceIssue = { severity: string; rule: string; key?: string; pointer?: string; message: string; path?: string; line?: number; column?: number };
export type ServiceSource = { path: string; namespace: string; layer: string; state: string; message?: string; line?: number; column?: number; revision: number; size: number; watch: string; kind?: string; issues?: ServiceIssue[]; keys?: number; overridden?: number };
export type ServicePending = { revision: number; kind: string; deadline: string; keys: string[]; uid?: number; comment?: string };
export type ServiceNamespaceCache = { entries: number; bytes: number; hits: number; misses: number; invalidations: number };
export type ServiceRight = { key: string; operation: string; allowed: boolean; reason?: string; entry?: string };
export type ServiceHistogram = { bounds: number | Exact[]; counts: number[]; sum: number | Exact };
export type ServiceFigure = { name: string; kind: string; labels: Record<string, string>; value?: number | Exact; histogram?: ServiceHistogram };
export type ServiceUserUse = { uid: number; connections: number; maximumConnections: number; readBytes: number; callBytes: number; queuedBytes: number; maximumBytes: number; paused: boolean; refused: number };

export interface Methods {
    "io.cfgd.Config.Get": { in: { keys: string[] }; out: { values: JsonObject; missing: string[]; revision: number }; more: false };
    "io.cfgd.Config.List": { in: { prefix?: string }; out: { values?: JsonObject; revision: number }; more: true };
    "io.cfgd.Config.Explain": { in: { key: string }; out: { values?: JsonObject; candidates: ConfigCandidate[]; schema?: JsonObject; secret: boolean; writable: boolean; revision: number; readOnly?: boolean; lock?: ConfigLock }; more: false };
    "io.cfgd.Config.Set": { in: { values?: JsonObject; unset?: string[]; ifRevision?: number; dryRun?: boolean; comment?: string; confirmSeconds?: number; expireSeconds?: number; text?: boolean; textElements?: string[]; untilApplied?: boolean }; out: { revision: number; changed: string[]; warnings: ConfigIssue[]; deadline?: string; hides?: ConfigHidden[]; hidden?: number }; more: false };
    "io.cfgd.Config.ListOverrides": { in: { prefix?: string }; out: { overrides: ConfigOverride[] }; more: true };
    "io.cfgd.Config.ListPending": { in: Record<string, never>; out: { pending: ConfigPending[] }; more: false };
    "io.cfgd.Config.Confirm": { in: { revision: number }; out: Record<string, never>; more: false };
    "io.cfgd.Config.Extend": { in: { revision: number; seconds: number }; out: { deadline: string }; more: false };
    "io.cfgd.Config.Validate": { in: { namespace: string; document?: JsonObject }; out: { valid: boolean; issues: ConfigIssue[] }; more: false };
    "io.cfgd.Config.Watch": { in: { prefixes?: string[]; afterRevision?: number; hidden?: boolean; storeId?: string; secrets?: boolean; consumer?: string }; out: { values?: JsonObject; removed?: string[]; ready?: boolean; resync?: boolean; origin?: ConfigOrigin; revision: number; withoutEffect?: ConfigHidden[]; storeId?: string }; more: true };
    "io.cfgd.Config.Acknowledge": { in: { consumer: string; revision: number; ok: boolean; message?: string }; out: Record<string, never>; more: false };
    "io.cfgd.Config.Consumers": { in: Record<string, never>; out: { consumers: ConfigConsumer[] }; more: false };
    "io.cfgd.Config.WaitApplied": { in: { revision: number; consumers?: string[]; seconds?: number }; out: { applied: boolean; waiting: ConfigConsumer[] }; more: false };
    "io.cfgd.Config.ForgetConsumer": { in: { consumer: string }; out: Record<string, never>; more: false };
    "io.cfgd.Config.Sync": { in: Record<string, never>; out: { revision: number; waiting?: number; emptied?: number }; more: false };
    "io.cfgd.Config.BeginEdit": { in: { seconds?: number }; out: { deadline?: string; revision?: number; changed?: string[]; issues?: ConfigIssue[] }; more: true };
    "io.cfgd.Config.EndEdit": { in: Record<string, never>; out: { revision: number; changed: string[]; issues: ConfigIssue[] }; more: false };
    "io.cfgd.History.Log": { in: { prefix?: string; afterRevision?: number; since?: string; limit?: number; values?: boolean; beforeRevision?: number }; out: { changes: HistoryChange[]; oldest: number; damaged?: number[] }; more: true };
    "io.cfgd.History.Diff": { in: { from: number; to?: number; prefix?: string }; out: { before: JsonObject; after: JsonObject; secrets?: string[] }; more: false };
    "io.cfgd.History.GetAt": { in: { keys: string[]; revision: number }; out: { values: JsonObject; missing: string[] }; more: false };
    "io.cfgd.History.Rollback": { in: { revision: number; namespace?: string; ifRevision?: number; dryRun?: boolean; comment?: string; confirmSeconds?: number; soft?: boolean; untilApplied?: boolean }; out: { revision: number; changed: string[]; warnings?: HistoryIssue[]; deadline?: string; hides?: HistoryHidden[]; hidden?: number }; more: false };
    "io.cfgd.History.Blame": { in: { namespace: string }; out: { lines: HistoryLine[]; damaged?: number[] }; more: false };
    "io.cfgd.History.Restore": { in: { overrides: JsonObject; dryRun?: boolean; comment?: string }; out: { revision: number; changed: string[]; warnings?: HistoryIssue[]; hides?: HistoryHidden[]; hidden?: number }; more: false };
    "io.cfgd.History.Compact": { in: { keep: number }; out: { oldest: number }; more: false };
    "io.cfgd.Service.Status": { in: Record<string, never>; out: { version: string; pid: number; startTime: string; status: string; ready: boolean; degraded: boolean; revision: number; namespaces: string[]; connections: number; watchers: number; fallback?: string[]; pending?: ServicePending[]; editDeadline?: string; overrides?: number; hidden?: number; hiddenSince?: string; stateDirectory?: string; storeId?: string }; more: false };
    "io.cfgd.Service.Health": { in: Record<string, never>; out: { status: string; checks: ServiceCheck[] }; more: false };
    "io.cfgd.Service.RunChecks": { in: { names?: string[] }; out: { status: string; checks: ServiceCheck[] }; more: false };
    "io.cfgd.Service.WatchHealth": { in: Record<string, never>; out: { status: string; checks: ServiceCheck[] }; more: true };
    "io.cfgd.Service.Problems": { in: { kind?: string; limit?: number }; out: { problems: ServiceProblem[]; counts: Record<string, number>; critical: boolean }; more: false };
    "io.cfgd.Service.ClearProblems": { in: Record<string, never>; out: Record<string, never>; more: false };
    "io.cfgd.Service.Sources": { in: Record<string, never>; out: { sources: ServiceSource[] }; more: true };
    "io.cfgd.Service.Reload": { in: Record<string, never>; out: { revision: number }; more: false };
    "io.cfgd.Service.CacheStats": { in: Record<string, never>; out: { namespaces: Record<string, ServiceNamespaceCache>; bytes: number; maximumBytes: number; evictions: number }; more: false };
    "io.cfgd.Service.Invalidate": { in: { namespace?: string }; out: { entries: number }; more: false };
    "io.cfgd.Service.Warm": { in: { namespace?: string }; out: { entries: number }; more: false };
    "io.cfgd.Service.Access": { in: { user?: string; key?: string }; out: { uid: number; rights: ServiceRight[] }; more: false };
    "io.cfgd.Service.RotateKey": { in: Record<string, never>; out: { key: string; records: number; old: string[] }; more: false };
    "io.cfgd.Service.Metrics": { in: Record<string, never>; out: { text: string }; more: false };
    "io.cfgd.Service.Figures": { in: Record<string, never>; out: { figures: ServiceFigure[] }; more: false };
    "io.cfgd.Service.Usage": { in: Record<string, never>; out: { connections: number; maximumConnections: number; bytes: number; maximumBytes: number; users: ServiceUserUse[] }; more: false };
}

export type ErrorName =
    | "io.cfgd.Config.BadKey"
    | "io.cfgd.Config.NoSuchNamespace"
    | "io.cfgd.Config.Invalid"
    | "io.cfgd.Config.RevisionMismatch"
    | "io.cfgd.Config.ReadOnly"
    | "io.cfgd.Config.StoreFailed"
    | "io.cfgd.Config.LimitExceeded"
    | "io.cfgd.Config.NoSuchPending"
    | "io.cfgd.Config.NoSuchConsumer"
    | "io.cfgd.Config.NotDelivered"
    | "io.cfgd.Config.EditInProgress"
    | "io.cfgd.Config.NoEdit"
    | "io.cfgd.Config.InternalError"
    | "io.cfgd.History.NoSuchRevision"
    | "io.cfgd.History.BadKey"
    | "io.cfgd.History.BadTime"
    | "io.cfgd.History.NoSuchNamespace"
    | "io.cfgd.History.Invalid"
    | "io.cfgd.History.RevisionMismatch"
    | "io.cfgd.History.ReadOnly"
    | "io.cfgd.History.StoreFailed"
    | "io.cfgd.History.LimitExceeded"
    | "io.cfgd.History.InternalError"
    | "io.cfgd.Service.NoSuchCheck"
    | "io.cfgd.Service.NoSuchNamespace"
    | "io.cfgd.Service.NoSuchUser"
    | "io.cfgd.Service.BadKey"
    | "io.cfgd.Service.InternalError"
    | "io.cfgd.Service.BadSettings"
    | "io.cfgd.Service.KeyIsCredential"
    | "io.cfgd.Service.StoreFailed"
    | "io.cfgd.Service.LimitExceeded";
