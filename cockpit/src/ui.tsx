// What several views use.
import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button, type ButtonProps } from "@patternfly/react-core/dist/esm/components/Button";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import type { ConfigIssue, ConfigOrigin } from "./interfaces";
import type { Json, JsonObject } from "./json";
import { memberOf, stringify, visible } from "./json";
import { countdown, diffLines, issueText, valueText } from "./model";
import { describe, type Service, type State } from "./service";

export const _ = (text: string): string => cockpit.gettext(text);
export const format = (template: string, ...values: unknown[]): string => cockpit.format(template, ...values);
export const count = (one: string, many: string, number: number): string => cockpit.format(cockpit.ngettext(one, many, number), number);

export const ServiceContext = createContext<Service | null>(null);
export function useService(): Service {
    const service = useContext(ServiceContext);
    if (!service) throw new Error("no service");
    return service;
}
export function useCfgd(): State {
    const service = useService();
    return useSyncExternalStore(service.subscribe, service.snapshot);
}

/**
 * Loads when `keys` change, and again when `version` does. One load at a time: changes that come faster than answers do
 * not pile up. What was loaded for other keys is ignored.
 */
export function useLoaded<T>(load: () => Promise<T>, keys: unknown[], version?: unknown): { value?: T; error?: string; reload: () => void } {
    const [state, set] = useState<{ value?: T; error?: string }>({});
    const latest = useRef(load);
    latest.current = load;
    // One for each set of keys.
    const run = useRef({ isRunning: false, isWanted: false, isOver: false });
    const reload = useCallback((): void => {
        const mine = run.current;
        mine.isWanted = mine.isRunning;
        if (mine.isRunning) return;
        mine.isRunning = true;
        const finish = (to: { value?: T; error?: string }): void => {
            mine.isRunning = false;
            if (mine.isOver) return;
            set(to);
            if (mine.isWanted) reload();
        };
        latest.current().then((value) => finish({ value }), (error: unknown) => finish({ error: describe(error) }));
    }, []);
    useEffect(() => {
        const mine = { isRunning: false, isWanted: false, isOver: false };
        run.current = mine;
        return () => { mine.isOver = true; };
        // eslint-disable-next-line react-hooks/exhaustive-deps -- the keys are those of the caller
    }, keys);
    useEffect(reload, [...keys, version, reload]);
    return { value: state.value, error: state.error, reload };
}

/** The path in Cockpit's address bar. */
export function usePath(): { path: string[]; go: (...path: string[]) => void } {
    const [path, set] = useState(cockpit.location.path);
    useEffect(() => {
        const on = (): void => set(cockpit.location.path);
        cockpit.addEventListener("locationchanged", on);
        return () => cockpit.removeEventListener("locationchanged", on);
    }, []);
    const go = useCallback((...to: string[]) => {
        const { root } = cockpit.location.options;
        cockpit.location.go(to, typeof root === "string" ? { root } : {});
    }, []);
    return { path, go };
}

export function Link({ to, children }: { to: string[]; children: ReactNode }): ReactNode {
    const { go } = usePath();
    return <Button variant="link" isInline onClick={() => go(...to)}>{children}</Button>;
}

/** An act that may be refused: what the user has no right to is shown so, with the reason, and does nothing. */
export function Act({ may, why, onClick, ...rest }: ButtonProps & { may: boolean; why?: string }): ReactNode {
    const reason = why ?? _("You do not have the right to do this. Administrative access may have it.");
    return <Button {...rest} isAriaDisabled={rest.isAriaDisabled || !may} title={may ? rest.title : reason} onClick={may ? onClick : undefined} />;
}

const colors = {
    healthy: "green", active: "green", applied: "green", watching: "green", created: "green",
    warning: "orange", quarantined: "orange", missing: "orange", absent: "orange", waiting: "orange", updated: "blue",
    critical: "red", untrusted: "red", failed: "red", error: "red", deleted: "red", conflict: "red",
} as const;
export function StateLabel({ state }: { state: string }): ReactNode {
    return <Label isCompact color={colors[state as keyof typeof colors] ?? "grey"}>{state}</Label>;
}

export function Time({ text }: { text?: string }): ReactNode {
    if (!text) return null;
    const date = new Date(text);
    const isToday = date.toDateString() === new Date().toDateString();
    const shown = isToday ? date.toLocaleTimeString(cockpit.language) : date.toLocaleString(cockpit.language);
    return <time dateTime={text} title={text}>{shown}</time>;
}

/** Ticks while it is shown. */
export function Countdown({ deadline, onEnd }: { deadline: string; onEnd: () => void }): ReactNode {
    const [now, set] = useState(Date.now());
    useEffect(() => {
        const timer = setInterval(() => set(Date.now()), 1000);
        return () => clearInterval(timer);
    }, []);
    const isOver = now >= Date.parse(deadline);
    useEffect(() => { if (isOver) onEnd(); }, [isOver, onEnd]);
    return <span role="timer" className="cfgd-countdown">{countdown(deadline, now)}</span>;
}

/** A path breaks behind its slashes. */
export function Path({ text }: { text: string }): ReactNode {
    return <>{visible(text).split(/(?<=\/)/).map((one, index) => <span key={index} className={one.length < 32 ? "cfgd-part" : undefined}>{one}<wbr /></span>)}</>;
}

/** A file and a line, a user, or a unit. */
export function Where({ origin }: { origin: Pick<ConfigOrigin, "path" | "line" | "uid" | "unit"> & { pid?: number } }): ReactNode {
    const service = useService();
    if (origin.path) {
        const text = origin.line ? `${origin.path}:${origin.line}` : origin.path;
        return <span className="cfgd-code"><Link to={["files", origin.path]}><Path text={text} /></Link></span>;
    }
    return <>{[service.userName(origin.uid), origin.unit].filter(Boolean).join(", ")}</>;
}

export function Issues({ issues }: { issues: ConfigIssue[] }): ReactNode {
    if (!issues.length) return null;
    return (
        <ul className="cfgd-issues">
            {issues.map((one, index) => (
                <li key={index}>
                    <StateLabel state={one.severity} /> {one.key && <code>{visible(one.key)}</code>} {visible(issueText(one))}
                    {one.path && <> (<Where origin={one} />)</>}
                </li>
            ))}
        </ul>
    );
}

export function Failure({ text, title }: { text?: string; title?: string }): ReactNode {
    if (!text) return null;
    return <Alert isInline isLiveRegion variant="danger" title={title ?? text}>{title && text}</Alert>;
}

export function DiffText({ before, after, text }: { before?: string; after?: string; text?: string }): ReactNode {
    const lines = useMemo(() => (text === undefined
        ? diffLines(before ?? "", after ?? "").map((one) => one.sign + one.text)
        : text.replace(/\n$/, "").split("\n")), [before, after, text]);
    const kinds: Record<string, string> = { "+": "cfgd-added", "-": "cfgd-removed" };
    return (
        <pre className="cfgd-diff" tabIndex={0} role="region" aria-label={_("Difference")}>
            {lines.map((line, index) => <div key={index} className={/^(---|\+\+\+) /.test(line) ? undefined : kinds[line[0]]}>{visible(line)}</div>)}
        </pre>
    );
}

/** Longer values are cut in lists. */
const shownCharacters = 2000;
export function Value({ value, className }: { value: Json | undefined; className?: string }): ReactNode {
    const text = valueText(value);
    if (text.length <= shownCharacters) return <code className={className}>{text}</code>;
    return <><code className={className}>{text.slice(0, shownCharacters)}</code> … {count("$0 character", "$0 characters", text.length)}</>;
}

const isLong = (value: Json | undefined): boolean => typeof value === "object" && value !== null && valueText(value).length > 40;

/** Keys with their values before and after; `secrets` have none here. */
export function KeyDiff({ before, after, secrets = [] }: { before: JsonObject; after: JsonObject; secrets?: string[] }): ReactNode {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after), ...secrets])].sort();
    const hidden = new Set(secrets);
    const [limit, setLimit] = useState(100);
    if (!keys.length) return <p>{_("No effective value differs.")}</p>;
    return (
        <>
            <Table label={_("Values before and after")} columns={[_("Key"), _("Before"), _("After")]}>
                {keys.slice(0, limit).map((key) => {
                    const [old, now] = [memberOf(before, key), memberOf(after, key)];
                    return (
                        <tr key={key}>
                            <th scope="row"><Link to={["settings", key]}><code>{visible(key)}</code></Link></th>
                            {isLong(old) || isLong(now)
                                ? <td colSpan={2}><DiffText before={old === undefined ? "" : stringify(old, 2)} after={now === undefined ? "" : stringify(now, 2)} /></td>
                                : (
                                    <>
                                        <td>{hidden.has(key) ? _("(secret)") : <Value value={old} className="cfgd-removed" />}</td>
                                        <td>{hidden.has(key) ? _("(secret)") : <Value value={now} className="cfgd-added" />}</td>
                                    </>
                                )}
                        </tr>
                    );
                })}
            </Table>
            {keys.length > limit && <Button variant="link" onClick={() => setLimit(limit + 1000)}>{count("$0 more key", "$0 more keys", keys.length - limit)}</Button>}
        </>
    );
}

/** A table that becomes a list of cards on narrow screens. */
export function Table({ label, columns, children }: { label: string; columns: string[]; children: ReactNode }): ReactNode {
    return (
        <div className="cfgd-scroll" tabIndex={0} role="region" aria-label={label}>
            <table className="cfgd-table" aria-label={label}>
                <thead><tr>{columns.map((one, index) => <th key={index} scope="col">{one}</th>)}</tr></thead>
                <tbody>{children}</tbody>
            </table>
        </div>
    );
}
