import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Checkbox } from "@patternfly/react-core/dist/esm/components/Checkbox";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { FormSelect, FormSelectOption } from "@patternfly/react-core/dist/esm/components/FormSelect";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { HistoryChange } from "./interfaces";
import { visible } from "./json";
import { ChangeDialog, rollbackChange } from "./review";
import type { Service } from "./service";
import { _, Act, Failure, Issues, KeyDiff, StateLabel, Time, Where, count, format, useCfgd, useLoaded, usePath, useService } from "./ui";

export function History({ selected }: { selected: string }): ReactNode {
    const { users } = useCfgd();
    const [prefix, setPrefix] = useState("");
    const [user, setUser] = useState("");
    const [since, setSince] = useState("");
    const [until, setUntil] = useState("");
    const [from, setFrom] = useState("");
    const [to, setTo] = useState("");
    const [compared, setCompared] = useState<{ from: number; to: number }>();
    const isNumber = (text: string): boolean => /^\d+$/.test(text);
    return (
        <>
            <div className="cfgd-filters" role="search" aria-label={_("Filter")}>
                <FormGroup label={_("Key")} fieldId="filter-key"><TextInput id="filter-key" value={prefix} onChange={(_event, text) => setPrefix(text)} /></FormGroup>
                <FormGroup label={_("User")} fieldId="filter-user">
                    <FormSelect id="filter-user" value={user} onChange={(_event, text) => setUser(text)}>
                        <FormSelectOption value="" label={_("Everybody, and files")} />
                        {[...users].map(([uid, name]) => <FormSelectOption key={uid} value={String(uid)} label={name} />)}
                    </FormSelect>
                </FormGroup>
                <FormGroup label={_("Since")} fieldId="filter-since"><TextInput id="filter-since" type="datetime-local" value={since} onChange={(_event, text) => setSince(text)} /></FormGroup>
                <FormGroup label={_("Until")} fieldId="filter-until"><TextInput id="filter-until" type="datetime-local" value={until} onChange={(_event, text) => setUntil(text)} /></FormGroup>
            </div>
            <form className="cfgd-filters" onSubmit={(event) => { event.preventDefault(); setCompared({ from: Number(from), to: Number(to) }); }}>
                <FormGroup label={_("From revision")} fieldId="from"><TextInput id="from" inputMode="numeric" value={from} onChange={(_event, text) => setFrom(text)} /></FormGroup>
                <FormGroup label={_("To revision")} fieldId="to"><TextInput id="to" inputMode="numeric" value={to} onChange={(_event, text) => setTo(text)} /></FormGroup>
                <Button type="submit" variant="secondary" isDisabled={!isNumber(from) || !isNumber(to)}>{_("Compare")}</Button>
                {compared && <Button variant="link" onClick={() => setCompared(undefined)}>{_("Close")}</Button>}
            </form>
            {compared && <Comparison {...compared} prefix={prefix} />}
            <h2>{_("Changes")}</h2>
            <ChangeList prefix={prefix} user={user} since={since} until={until} selected={Number(selected) || undefined} limit={50} />
        </>
    );
}

function Comparison({ from, to, prefix }: { from: number; to: number; prefix: string }): ReactNode {
    const service = useService();
    const { value, error } = useLoaded(() => service.client.call("io.cfgd.History.Diff", { from, to, ...(prefix ? { prefix } : {}) }), [from, to, prefix]);
    return (
        <section aria-label={_("Comparison")}>
            <h2>{format(_("Revision $0 compared with $1"), from, to)}</h2>
            <Failure text={error} />
            {value && <KeyDiff before={value.before} after={value.after} secrets={value.secrets} />}
        </section>
    );
}

interface Page { changes: HistoryChange[]; oldest: number; more: boolean; damaged: number[] }
/** So many changes are asked for in one go while those of other users and later ones are left out. */
const scanned = 200;

interface Filter { prefix: string; user: string; since: string; until: string }

/** Collects the newest changes that fit until there are enough, or no more. The service knows no user and no end of the time. */
async function loadPage(service: Service, filter: Filter, limit: number): Promise<Page> {
    const out: Page = { changes: [], oldest: 0, more: true, damaged: [] };
    const end = filter.until ? Date.parse(filter.until) : Infinity;
    let before: number | undefined;
    while (out.changes.length < limit && out.more) {
        const asked = filter.user || filter.until ? scanned : limit;
        const found: HistoryChange[] = [];
        const since = filter.since ? new Date(filter.since) : undefined;
        await service.client.collect("io.cfgd.History.Log", {
            limit: asked, values: true, ...(filter.prefix ? { prefix: filter.prefix } : {}),
            ...(since && !Number.isNaN(since.getTime()) ? { since: since.toISOString() } : {}), ...(before ? { beforeRevision: before } : {}),
        }, found, (into, reply) => {
            into.push(...reply.changes);
            out.oldest = reply.oldest;
            out.damaged.push(...reply.damaged ?? []);
        });
        out.more = found.length >= asked;
        before = found[found.length - 1]?.revision;
        out.changes.push(...found.filter((one) => !(Date.parse(one.time) > end)
            && (!filter.user || (!one.origin.path && String(one.origin.uid) === filter.user))));
    }
    return out;
}

export function ChangeList({ prefix, user = "", since = "", until = "", selected, limit }: Partial<Filter> & { prefix: string; selected?: number; limit: number }): ReactNode {
    const service = useService();
    const { revision } = useCfgd();
    const [size, setSize] = useState(limit);
    useEffect(() => setSize(limit), [prefix, user, since, until, limit]);
    const { value, error } = useLoaded(() => loadPage(service, { prefix, user, since, until }, size), [prefix, user, since, until, size], revision);
    if (error) return <Failure text={error} />;
    if (!value) return null;
    const isThere = !selected || value.changes.some((one) => one.revision === selected);
    return (
        <>
            {!isThere && <SingleChange revision={selected} />}
            {!value.changes.length && <p>{_("No change is kept that fits.")}</p>}
            {value.damaged.length > 0 && <p>{format(_("Damaged and left out: $0"), value.damaged.join(", "))}</p>}
            <ul className="cfgd-plain cfgd-list" aria-label={_("Changes")}>
                {value.changes.map((one) => <ChangeRow key={one.revision} change={one} isOpen={one.revision === selected} oldest={value.oldest} />)}
            </ul>
            {value.more && <Button variant="link" onClick={() => setSize(size + limit)}>{_("Older changes")}</Button>}
        </>
    );
}

function SingleChange({ revision }: { revision: number }): ReactNode {
    const service = useService();
    const { value, error } = useLoaded(() => service.client.call("io.cfgd.History.Log", { limit: 1, values: true, beforeRevision: revision + 1 }), [revision]);
    if (error) return <Failure text={error} />;
    const change = value?.changes.find((one) => one.revision === revision);
    return change ? <ul className="cfgd-plain cfgd-list"><ChangeRow change={change} isOpen oldest={value?.oldest ?? 0} /></ul> : null;
}

function ChangeRow({ change, isOpen, oldest }: { change: HistoryChange; isOpen: boolean; oldest: number }): ReactNode {
    const service = useService();
    const { status, revision } = useCfgd();
    const { path } = usePath();
    const [expanded, setExpanded] = useState(isOpen);
    useEffect(() => setExpanded(isOpen), [isOpen, path]);
    const [namespace, setNamespace] = useState("");
    const [soft, setSoft] = useState(false);
    const [isRolling, setIsRolling] = useState(false);
    const rollback = useMemo(() => (isRolling ? rollbackChange(service, change.revision, namespace, {
        soft,
        control: <Checkbox id="soft" label={_("Remove each override at the next edit of a file that changes its key")} isChecked={soft} onChange={(_event, to) => setSoft(to)} />,
    }) : undefined), [isRolling, service, change.revision, namespace, soft]);
    const kinds = ([["created", change.created], ["updated", change.updated], ["deleted", change.deleted]] as const).filter(([, keys]) => keys.length);
    const keys = kinds.flatMap(([, names]) => names);
    const may = namespace ? service.may("rollback", namespace) : (status?.namespaces ?? []).every((one) => service.may("rollback", one));
    const secrets = keys.filter((key) => !Object.hasOwn(change.before ?? {}, key) && !Object.hasOwn(change.after ?? {}, key));
    return (
        <li className="cfgd-change">
            <button type="button" className="cfgd-change-head" aria-expanded={expanded} onClick={() => setExpanded(!expanded)}>
                <span className="cfgd-twist" aria-hidden>{expanded ? "▾" : "▸"}</span>
                <strong>{change.revision}</strong> <Time text={change.time} />
                {kinds.map(([kind, names]) => <span key={kind}><StateLabel state={kind} /> {names.length}</span>)}
                <code className="cfgd-clip">{visible(keys.slice(0, 4).join(", "))}{keys.length > 4 && " …"}</code>
            </button>
            <div className="cfgd-small">
                {change.origin.layer} · <Where origin={{ ...change.origin, unit: change.unit }} />{change.comment && <> · <bdi>“{visible(change.comment)}”</bdi></>}
            </div>
            {expanded && (
                <div className="cfgd-change-body">
                    <KeyDiff before={change.before ?? {}} after={change.after ?? {}} secrets={secrets} />
                    <Issues issues={change.warnings ?? []} />
                    {change.revision < revision && change.revision >= oldest && (
                        <div className="cfgd-toolbar">
                            <FormSelect aria-label={_("What to roll back")} value={namespace} onChange={(_event, to) => setNamespace(to)}>
                                <FormSelectOption value="" label={_("All namespaces")} />
                                {(status?.namespaces ?? []).map((one) => <FormSelectOption key={one} value={one} label={one} />)}
                            </FormSelect>
                            <Act may={may} variant="secondary" onClick={() => setIsRolling(true)}>{format(_("Roll back to revision $0"), change.revision)}</Act>
                            <span className="cfgd-small">{count("$0 revision is newer", "$0 revisions are newer", revision - change.revision)}</span>
                        </div>
                    )}
                    {rollback && <ChangeDialog change={rollback} onClose={() => setIsRolling(false)} />}
                </div>
            )}
        </li>
    );
}
