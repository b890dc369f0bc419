import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { SearchInput } from "@patternfly/react-core/dist/esm/components/SearchInput";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Field, JsonEditor, hintOf } from "./fields";
import { ChangeList } from "./history";
import { type Json, memberOf, stringify, visible } from "./json";
import {
    type Row, type Schema, absentKeys, buildTree, documentAt, idText, isWithin, joinKey, kindOf, schemaAt, search, splitKey, valueText, visibleRows, withDraft, withValue,
} from "./model";
import { ChangeDialog, draftChange } from "./review";
import { _, Act, Failure, Issues, Link, Table, Time, Value, Where, count, format, useCfgd, useLoaded, usePath, useService } from "./ui";

const rowHeight = 28;
const rowId = (key: string): string => `row-${idText(key)}`;

export function Settings({ selected }: { selected: string }): ReactNode {
    const { go } = usePath();
    const state = useCfgd();
    return (
        <div className={selected ? "cfgd-split cfgd-has-selection" : "cfgd-split"}>
            <Tree selected={selected} onSelect={(key) => go("settings", key)} />
            <section className="cfgd-details" aria-label={_("Setting")}>
                {selected ? <Details key={selected} name={selected} /> : <p className="cfgd-empty">{_("Choose a key to see its value, where it comes from, and to change it.")}</p>}
            </section>
            {state.draft.size > 0 && <DraftBar />}
        </div>
    );
}

/** Keys with a value, and those that a schema names. Only the rows in view are in the page. */
function Tree({ selected, onSelect }: { selected: string; onSelect: (key: string) => void }): ReactNode {
    const { values, keysVersion, schemas, draft } = useCfgd();
    const [query, setQuery] = useState("");
    const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(splitKey(selected).map((_part, index, parts) => joinKey(parts.slice(0, index + 1)))));
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(600);
    const [active, setActive] = useState(selected);
    const box = useRef<HTMLDivElement>(null);

    const absent = useMemo(() => {
        const out = new Map<string, boolean>();
        for (const [name, schema] of schemas) for (const [key, secret] of absentKeys(schema, name, (one) => values.has(one))) out.set(key, secret);
        return out;
        // eslint-disable-next-line react-hooks/exhaustive-deps -- only the keys of the values matter
    }, [schemas, keysVersion]);
    const roots = useMemo(() => {
        const keys = query ? [...search(values, query), ...search([...absent.keys()].map((key) => [key, ""]), query)] : [...values.keys(), ...absent.keys()];
        return buildTree(keys.sort());
        // eslint-disable-next-line react-hooks/exhaustive-deps -- values matter to a search only
    }, [absent, keysVersion, query, query ? values : null]);
    const rows = useMemo(() => visibleRows(roots, query ? undefined : open), [roots, open, query]);
    const index = rows.findIndex((one) => one.node.key === active);

    useLayoutEffect(() => {
        const element = box.current;
        if (!element) return undefined;
        const observer = new ResizeObserver(() => setHeight(element.clientHeight));
        observer.observe(element);
        return () => observer.disconnect();
    }, []);

    const reveal = (to: number): void => {
        const element = box.current;
        if (!element) return;
        if (to * rowHeight < element.scrollTop) element.scrollTop = to * rowHeight;
        else if ((to + 1) * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = (to + 1) * rowHeight - element.clientHeight;
    };
    const toggle = (key: string, to: boolean): void => {
        const next = new Set(open);
        if (to) next.add(key);
        else next.delete(key);
        setOpen(next);
    };
    const onKey = (event: KeyboardEvent): void => {
        const row: Row | undefined = rows[index];
        let to = index;
        if (event.key === "ArrowDown") to = index + 1;
        else if (event.key === "ArrowUp") to = Math.max(0, index - 1);
        else if (event.key === "Home") to = 0;
        else if (event.key === "End") to = rows.length - 1;
        else if (event.key === "PageDown") to = index + Math.floor(height / rowHeight);
        else if (event.key === "PageUp") to = Math.max(0, index - Math.floor(height / rowHeight));
        else if (event.key === "ArrowRight" && row?.node.children.length) {
            if (row.isOpen) to = index + 1;
            else toggle(row.node.key, true);
        } else if (event.key === "ArrowLeft" && row) {
            if (row.isOpen && !query) toggle(row.node.key, false);
            else to = Math.max(0, rows.findLastIndex((one, at) => at < index && one.node.level < row.node.level));
        } else if ((event.key === "Enter" || event.key === " ") && row) onSelect(row.node.key);
        else return;
        event.preventDefault();
        to = Math.min(to, rows.length - 1);
        if (to < 0) return;
        setActive(rows[to].node.key);
        reveal(to);
    };

    const first = Math.max(0, Math.floor(top / rowHeight) - 5);
    const shown = rows.slice(first, first + Math.ceil(height / rowHeight) + 10);
    const isActiveShown = shown.some((one) => one.node.key === active);
    return (
        <div className="cfgd-tree">
            <SearchInput aria-label={_("Search keys and values")} placeholder={_("Search keys and values")} value={query}
                onChange={(_event, to) => setQuery(to)} onClear={() => setQuery("")} />
            <div className="cfgd-small" role="status">{query ? count("$0 key found", "$0 keys found", roots.reduce((sum, one) => sum + one.count, 0)) : count("$0 key", "$0 keys", values.size)}</div>
            <div ref={box} className="cfgd-rows" role="tree" tabIndex={0} aria-label={_("Settings")} aria-activedescendant={isActiveShown ? rowId(active) : undefined}
                onScroll={(event) => setTop(event.currentTarget.scrollTop)} onKeyDown={onKey}
                onFocus={() => { if (index < 0 && rows.length) setActive(rows[0].node.key); }}>
                <div role="presentation" style={{ height: rows.length * rowHeight }}>
                    <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
                        {shown.map(({ node, position, siblings, isOpen }) => (
                            <div key={node.key} id={rowId(node.key)} role="treeitem" aria-level={node.level} aria-posinset={position} aria-setsize={siblings}
                                aria-expanded={node.children.length ? isOpen : undefined} aria-selected={node.key === selected} title={node.key}
                                className={`cfgd-row${node.key === selected ? " cfgd-selected" : ""}${node.key === active ? " cfgd-active" : ""}`}
                                style={{ paddingInlineStart: 8 + (node.level - 1) * 16 }}
                                onClick={() => {
                                    setActive(node.key);
                                    if (node.children.length && node.key === active) toggle(node.key, !isOpen);
                                    else if (node.children.length) toggle(node.key, true);
                                    onSelect(node.key);
                                }}>
                                <span className="cfgd-twist" aria-hidden>{node.children.length ? (isOpen ? "▾" : "▸") : ""}</span>
                                <span className="cfgd-name">{visible(node.label)}</span>
                                {draft.size > 0 && [...draft.keys()].some((key) => isWithin(key, node.key)) && <span className="cfgd-edited">{_("edited")}</span>}
                                <span className="cfgd-value">
                                    {node.children.length ? node.count : absent.has(node.key) ? (absent.get(node.key) ? _("(secret)") : _("not set")) : valueText(values.get(node.key)).slice(0, 200)}
                                </span>
                            </div>
                        ))}
                    </div>
                </div>
            </div>
        </div>
    );
}

function Details({ name }: { name: string }): ReactNode {
    const service = useService();
    const state = useCfgd();
    const { go } = usePath();
    const { revision, policyVersion, draft, draftIssues, schemas } = state;
    const [isJson, setIsJson] = useState(false);
    const [version, setVersion] = useState(0);
    const [isRevealed, setIsRevealed] = useState(false);
    const explained = useLoaded(() => service.client.call("io.cfgd.Config.Explain", { key: name }), [name], `${revision} ${policyVersion}`);
    const parts = splitKey(name);
    const known = schemas.get(parts[0] ?? "");
    const root: Schema = known ?? {};
    const schema = useMemo(() => schemaAt(known ?? {}, splitKey(name).slice(1)), [known, name]);
    const now = useMemo(() => documentAt(state.values, name), [state.values, name]);
    const value = useMemo(() => documentAt(withDraft(state.values, draft), name), [state.values, draft, name]);
    const isEdited = [...draft.keys()].some((key) => isWithin(key, name) || isWithin(name, key));
    const isUnset = draft.has(name) && draft.get(name) === undefined;
    const { value: reply, error } = explained;
    if (error) return <Failure text={error} />;
    if (!reply) return null;

    const { candidates, lock, secret } = reply;
    const override = candidates.find((one) => one.origin.layer === "override");
    const description = [schema.title, schema.description].filter((one) => typeof one === "string").join(": ");
    const change = (to: Json): void => service.setDraft(withValue(service.state.draft, name, to, service.state.values));
    const discard = (): void => {
        service.setDraft(new Map([...draft].filter(([key]) => !isWithin(key, name))));
        setVersion(version + 1);
    };
    const why = lock
        ? format(_("Locked by $0:$1: layers above $2 do not count. $3"), lock.path, lock.line, lock.above, lock.reason)
        : reply.readOnly ? _("Its schema leaves this key to files.") : _("You do not have the right to change this. Administrative access may have it.");
    const start = stringify(value ?? null, 2);
    // No field masks an array or an object, so it is shown only when it is asked for.
    const isSecretDocument = secret && ["array", "object", "json"].includes(kindOf(schema, undefined));
    const secretText = (): string => {
        const shown = value ?? reply.values?.[name];
        return shown === undefined ? "" : stringify(shown, 2);
    };
    let editor: ReactNode;
    if (isUnset) {
        editor = <p>{_("The override is removed; the value of the next layer shows.")}</p>;
    } else if (isSecretDocument && !isRevealed) {
        editor = <p>{_("There are secrets in it.")} <Act may={reply.writable} why={why} variant="secondary" size="sm" onClick={() => setIsRevealed(true)}>{_("Show and edit it")}</Act></p>;
    } else if (isJson || isSecretDocument) {
        editor = (
            <JsonEditor key={version} label={_("Value as JSON")} name={name} text={isSecretDocument ? secretText() : start} base={valueText(now)} isEdited={isEdited}
                issues={draftIssues} isDisabled={!reply.writable} onValue={change} />
        );
    } else {
        editor = (
            <Field key={version} label={parts[parts.length - 1] ?? name} name={name} schema={secret ? { ...schema, "x-secret": true } : schema} root={root} value={value}
                isDisabled={!reply.writable} issues={draftIssues} onChange={change} />
        );
    }
    return (
        <>
            <div className="cfgd-heading">
                <span className="cfgd-back"><Button variant="link" onClick={() => go("settings")}>{_("Back")}</Button></span>
                <h2><code>{visible(name)}</code></h2>
                {secret && <Label isCompact color="purple">{_("secret")}</Label>}
                {reply.readOnly && <Label isCompact>{_("read only")}</Label>}
                {lock && <Label isCompact color="orange">{_("locked")}</Label>}
                {isEdited && <Label isCompact color="blue">{_("edited")}</Label>}
            </div>
            {description && <p>{description}</p>}
            {!reply.writable && <Alert isInline isPlain variant="info" title={why} />}
            <div className="cfgd-toolbar" role="group" aria-label={_("How to edit")}>
                <button type="button" className="cfgd-tab" aria-pressed={!isJson} onClick={() => setIsJson(false)}>{_("Form")}</button>
                <button type="button" className="cfgd-tab" aria-pressed={isJson} disabled={secret} onClick={() => setIsJson(true)}>{_("JSON")}</button>
                {override && !isUnset && (
                    <Act may={reply.writable} why={why} variant="secondary" size="sm" onClick={() => service.edit([[name, undefined]])}>{_("Remove the override")}</Act>
                )}
                {isEdited && <Button variant="link" size="sm" onClick={discard}>{_("Discard the edit")}</Button>}
            </div>
            {editor}
            {isEdited && now !== undefined && !secret && typeof now !== "object" && <p className="cfgd-small">{_("Now:")} <Value value={now} /></p>}
            <h3>{_("Where it comes from")}</h3>
            <Table label={_("Layers that set it")} columns={[_("Layer"), _("Value"), _("Where"), _("Revision"), _("Time")]}>
                {candidates.map((one, index) => {
                    const isWinner = candidates.findIndex((other) => !other.locked) === index;
                    return (
                        <tr key={index} className={isWinner ? "cfgd-winner" : one.locked ? "cfgd-locked" : ""}>
                            <th scope="row">{one.origin.layer}{isWinner && <> <Label isCompact color="green">{_("effective")}</Label></>}</th>
                            <td>{secret ? _("(secret)") : one.values ? <code className="cfgd-clip">{valueText(memberOf(one.values, name)).slice(0, 2000)}</code> : _("removes it")}</td>
                            <td><Where origin={one.origin} /></td>
                            <td>{one.origin.revision > 0 && <Link to={["history", String(one.origin.revision)]}>{one.origin.revision}</Link>}</td>
                            <td><Time text={one.origin.time} /></td>
                        </tr>
                    );
                })}
            </Table>
            <Blame name={name} />
            <details>
                <summary>{_("Schema")} <span className="cfgd-small">{hintOf(schema)}</span></summary>
                {reply.schema ? <pre className="cfgd-code" tabIndex={0}>{stringify(reply.schema, 2)}</pre> : <p>{_("No schema says what it may be.")}</p>}
            </details>
            <h3>{_("History of this key")}</h3>
            <ChangeList prefix={name} limit={5} />
        </>
    );
}

/** Who gave the keys at and below `name` their values. */
function Blame({ name }: { name: string }): ReactNode {
    const service = useService();
    const { revision } = useCfgd();
    const { value } = useLoaded(() => service.client.call("io.cfgd.History.Blame", { namespace: splitKey(name)[0] ?? "" }), [name], revision);
    const lines = (value?.lines ?? []).filter((one) => isWithin(one.key, name) || isWithin(name, one.key)).slice(0, 200);
    if (!lines.length) return null;
    return (
        <details open={lines.length === 1}>
            <summary>{_("Who set it")} ({lines.length})</summary>
            <Table label={_("Who set it")} columns={[_("Key"), _("Who or where"), _("Revision"), _("Time"), _("Comment")]}>
                {lines.map((one) => (
                    <tr key={one.key}>
                        <th scope="row"><code>{visible(one.key)}</code></th><td><Where origin={{ ...one.origin, unit: one.unit }} /></td>
                        <td>{one.origin.revision}</td><td><Time text={one.time} /></td><td><bdi>{one.comment && visible(one.comment)}</bdi></td>
                    </tr>
                ))}
            </Table>
        </details>
    );
}

function DraftBar(): ReactNode {
    const service = useService();
    const { draft, draftIssues, draftFailure } = useCfgd();
    const [isOpen, setIsOpen] = useState(false);
    const change = useMemo(() => (isOpen ? draftChange(service, draft) : undefined), [isOpen, service, draft]);
    const errors = draftIssues.filter((one) => one.severity === "error");
    useEffect(() => {
        const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        return () => window.removeEventListener("beforeunload", warn);
    }, []);
    return (
        <section className="cfgd-bar" aria-label={_("Edits that are not made yet")}>
            <div>
                <strong>{count("$0 edit", "$0 edits", draft.size)}</strong>{" "}
                {[...draft.keys()].slice(0, 8).map((key) => (
                    <Label key={key} isCompact onClose={() => service.dropEdit(key)} closeBtnAriaLabel={format(_("Discard the edit of $0"), key)}>{key}</Label>
                ))}{draft.size > 8 && " …"}
            </div>
            <Failure text={draftFailure} />
            <Issues issues={draftIssues} />
            <div className="cfgd-toolbar">
                <Button variant="primary" onClick={() => setIsOpen(true)} isDisabled={errors.length > 0 || draftFailure !== undefined}>{_("Review")}</Button>
                <Button variant="link" onClick={() => service.setDraft(new Map())}>{_("Discard all")}</Button>
            </div>
            {change && <ChangeDialog change={change} onClose={(isDone) => { setIsOpen(false); if (isDone) service.setDraft(new Map()); }} />}
        </section>
    );
}
