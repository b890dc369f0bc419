import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { useMemo, type ReactNode } from "react";
import { MarkedText } from "./fields";
import { Consumers } from "./overview";
import type { ServiceSource } from "./interfaces";
import { issueText } from "./model";
import { _, Failure, Issues, Link, Path, StateLabel, Table, Time, useCfgd, useLoaded, usePath } from "./ui";

/** Longer files are not shown. */
const maximumBytes = 1024 * 1024;

export function Files({ selected }: { selected: string }): ReactNode {
    const { sources, targets } = useCfgd();
    const order = ["quarantined", "untrusted", "missing"];
    const rank = (one: ServiceSource): number => (order.includes(one.state) ? order.indexOf(one.state) : order.length);
    const sorted = [...sources].sort((a, b) => rank(a) - rank(b));
    const source = sources.find((one) => one.path === selected);
    return (
        <div className="cfgd-cards">
            {selected && <File path={selected} source={source} />}
            <Card isCompact>
                <CardHeader><CardTitle component="h2">{_("Sources")} ({sources.length})</CardTitle></CardHeader>
                <CardBody>
                    <Table label={_("Sources")} columns={[_("File"), _("State"), _("Layer"), _("Namespace"), _("Values"), _("Without effect"), _("Revision")]}>
                        {sorted.map((one) => (
                            <tr key={one.path}>
                                <th scope="row"><Link to={["files", one.path]}><Path text={one.path} /></Link></th>
                                <td><StateLabel state={one.state} /> {one.kind && one.kind !== "values" && <Label isCompact>{one.kind}</Label>}</td>
                                <td>{one.layer}</td><td>{one.namespace}</td><td>{one.keys}</td><td>{one.overridden || ""}</td><td>{one.revision || ""}</td>
                            </tr>
                        ))}
                    </Table>
                </CardBody>
            </Card>
            <Card isCompact>
                <CardHeader><CardTitle component="h2">{_("Targets: files of other programs")} ({targets.length})</CardTitle></CardHeader>
                <CardBody>
                    {!targets.length && <p>{_("cfgd-apply has no targets, or does not run.")}</p>}
                    {targets.length > 0 && (
                        <Table label={_("Targets")} columns={[_("Target"), _("State"), _("Files"), _("Unit"), _("Revision"), _("Time")]}>
                            {targets.map((one) => (
                                <tr key={one.name}>
                                    <th scope="row">{one.name}</th>
                                    <td><StateLabel state={one.state} />{one.message && <pre className="cfgd-code">{one.message}</pre>}</td>
                                    <td><code>{one.files.join(", ")}</code></td><td>{one.unit && `${one.action} ${one.unit}`}</td>
                                    <td>{one.revision}</td><td><Time text={one.time} /></td>
                                </tr>
                            ))}
                        </Table>
                    )}
                </CardBody>
            </Card>
            <Consumers />
        </div>
    );
}

function File({ path, source }: { path: string; source?: ServiceSource }): ReactNode {
    const { go } = usePath();
    // Its state and revision change when it was read again.
    const { value: text, error } = useLoaded(async () => {
        const file = cockpit.file(path, { superuser: "try", max_read_size: maximumBytes });
        try {
            return await file.read();
        } finally {
            file.close();
        }
    }, [path, source?.state, source?.revision, source?.size, source?.line, source?.message]);
    const marks = useMemo(() => {
        const out = (source?.issues ?? []).filter((one) => one.line && (!one.path || one.path === path))
            .map((one) => ({ line: one.line ?? 1, message: one.key ? `${one.key}: ${issueText(one)}` : issueText(one), severity: one.severity }));
        if (!out.length && source?.line && source.message) out.push({ line: source.line, message: source.message, severity: "error" });
        return out;
    }, [source, path]);
    return (
        <Card isCompact>
            <CardHeader actions={{ actions: <Button variant="link" onClick={() => go("files")}>{_("Close")}</Button>, hasNoOffset: true }}>
                <CardTitle component="h2"><code><Path text={path} /></code> {source && <StateLabel state={source.state} />}</CardTitle>
            </CardHeader>
            <CardBody>
                {source?.state === "quarantined" && <p>{_("What was saved is not valid. The last good content stays effective.")}</p>}
                {source?.message && <p>{source.message}</p>}
                <Issues issues={source?.issues ?? []} />
                <Failure text={error} title={_("The file cannot be shown")} />
                {text === null && <p>{_("The file does not exist.")}</p>}
                {text !== undefined && text !== null && <MarkedText text={text} marks={marks} label={path} />}
            </CardBody>
        </Card>
    );
}
