import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { useState, type ReactNode } from "react";
import type { ConfigConsumer, ConfigPending } from "./interfaces";
import { visible } from "./json";
import { namespaceOf } from "./model";
import { describe } from "./service";
import { _, Act, Countdown, Failure, Link, Path, StateLabel, Table, Time, count, format, useCfgd, useService } from "./ui";

export function Overview(): ReactNode {
    const state = useCfgd();
    const { status, health } = state;
    if (!status || !health) return null;
    const open = state.problems.filter((one) => !one.resolved);
    const bad = state.sources.filter((one) => ["quarantined", "missing", "untrusted"].includes(one.state));
    return (
        <div className="cfgd-cards">
            {state.pending.map((one) => <Pending key={one.revision} pending={one} />)}
            <Card isCompact>
                <CardHeader><CardTitle component="h2">{_("Health")} <StateLabel state={health.status} /></CardTitle></CardHeader>
                <CardBody>
                    <dl className="cfgd-facts">
                        <dt>{_("Revision")}</dt>
                        <dd><Link to={["history"]}>{state.revision}</Link></dd>
                        <dt>{_("Keys")}</dt>
                        <dd>{format(_("$0 in $1"), state.values.size, count("$0 namespace", "$0 namespaces", status.namespaces.length))}</dd>
                        <dt>{_("Overrides")}</dt>
                        <dd>{status.hidden
                            ? format(_("$0, which hide $1"), status.overrides ?? 0, count("$0 value of a file", "$0 values of files", status.hidden))
                            : status.overrides ?? 0}
                        </dd>
                        <dt>{_("Version")}</dt>
                        <dd>{status.version}, {_("started")} <Time text={status.startTime} /></dd>
                        {status.editDeadline && <><dt>{_("Edit of files")}</dt><dd>{_("under way until")} <Time text={status.editDeadline} /></dd></>}
                    </dl>
                    {status.fallback && status.fallback.length > 0 && (
                        <Alert isInline variant="warning" title={format(_("Served from the defaults of their schemas, because their files have never been valid: $0"), status.fallback.join(", "))} />
                    )}
                    <Table label={_("Health checks")} columns={[_("Check"), _("State"), _("Message")]}>
                        {health.checks.map((one) => (
                            <tr key={one.name}><th scope="row">{one.name}</th><td><StateLabel state={one.status} /></td><td>{visible(one.message)}</td></tr>
                        ))}
                    </Table>
                </CardBody>
            </Card>
            <Card isCompact>
                <CardHeader><CardTitle component="h2">{_("Problems")} ({open.length})</CardTitle></CardHeader>
                <CardBody>
                    {!open.length && <p>{_("No open problems.")}</p>}
                    <ul className="cfgd-plain">
                        {open.map((one) => (
                            <li key={one.id} className="cfgd-problem">
                                <StateLabel state={one.recoverable ? "warning" : "critical"} /> {visible(one.message)}
                                <div className="cfgd-small">{one.recovery} · {_("since")} <Time text={one.time} />
                                    {one.count > 1 && ` · ${count("$0 time", "$0 times", one.count)}`}
                                </div>
                            </li>
                        ))}
                    </ul>
                    {bad.length > 0 && (
                        <Table label={_("Files that are not effective as saved")} columns={[_("File"), _("State"), _("Reason")]}>
                            {bad.map((one) => (
                                <tr key={one.path}>
                                    <th scope="row"><Link to={["files", one.path]}><Path text={one.path} /></Link></th>
                                    <td><StateLabel state={one.state} /></td><td>{one.message ?? one.issues?.[0]?.message}</td>
                                </tr>
                            ))}
                        </Table>
                    )}
                </CardBody>
            </Card>
            <Consumers isShort />
        </div>
    );
}

function Pending({ pending }: { pending: ConfigPending }): ReactNode {
    const service = useService();
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<string>();
    const may = pending.keys.every((key) => service.may("write", namespaceOf(key)));
    const act = (work: () => Promise<unknown>): void => {
        setBusy(true);
        setFailure(undefined);
        work().catch((error: unknown) => setFailure(describe(error))).finally(() => { setBusy(false); service.refresh(); });
    };
    const isConfirm = pending.kind === "confirm";
    const title = format(isConfirm ? _("Revision $0 waits for confirmation") : _("Revision $0 expires"), pending.revision);
    return (
        <Alert
            isInline variant="warning" title={title} component="h2"
            actionLinks={(
                <>
                    <Act may={may} variant="primary" isDisabled={busy} onClick={() => act(() => service.client.call("io.cfgd.Config.Confirm", { revision: pending.revision }))}>
                        {_("Confirm")}
                    </Act>{" "}
                    {/* The deadline of now undoes it as the service does it, whatever was changed since. */}
                    <Act may={may} variant="secondary" isDisabled={busy} onClick={() => act(() => service.client.call("io.cfgd.Config.Extend", { revision: pending.revision, seconds: 1 }))}>
                        {_("Undo")}
                    </Act>
                </>
            )}
        >
            <p>
                {isConfirm ? _("It is undone in") : _("It ends in")} <Countdown deadline={pending.deadline} onEnd={service.refresh} />
                {pending.untilApplied && ` ${_("unless every consumer has applied it before")}`}
            </p>
            <p><code>{visible(pending.keys.slice(0, 10).join(", "))}</code>{pending.keys.length > 10 && " …"}
                {pending.comment && <> · <bdi>{visible(pending.comment)}</bdi></>} · {service.userName(pending.uid)}
            </p>
            <Failure text={failure} />
        </Alert>
    );
}

const lagOf = (one: ConfigConsumer): string => {
    if (one.failure) return "failed";
    if (one.applied < one.delivered) return "waiting";
    return one.state === "watching" ? "applied" : one.state;
};

/** Programs that follow settings; short: those that lag. */
export function Consumers({ isShort = false }: { isShort?: boolean }): ReactNode {
    const { consumers } = useCfgd();
    const service = useService();
    const shown = consumers.filter((one) => !isShort || lagOf(one) !== "applied");
    return (
        <Card isCompact>
            <CardHeader><CardTitle component="h2">{isShort ? _("Consumers that lag") : _("Consumers")} ({shown.length})</CardTitle></CardHeader>
            <CardBody>
                {!shown.length && <p>{isShort ? format(_("None of $0."), consumers.length) : _("No program acknowledges settings.")}</p>}
                {shown.length > 0 && (
                    <Table label={_("Consumers")} columns={[_("Name"), _("State"), _("Applied"), _("Sent"), _("Who"), _("Follows")]}>
                        {shown.map((one) => (
                            <tr key={one.name}>
                                <th scope="row">{one.name}</th>
                                <td><StateLabel state={lagOf(one)} /> {one.failure?.message}</td>
                                <td>{one.applied}</td><td>{one.delivered}</td>
                                <td>{one.unit ?? service.userName(one.uid)}</td>
                                <td><code>{one.prefixes?.join(", ") ?? _("everything")}</code></td>
                            </tr>
                        ))}
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
