// A change before it is made: what it would change, what speaks against it, which files and units it touches;
// and how it is made: with a comment, to be confirmed, until it is applied.
import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Checkbox } from "@patternfly/react-core/dist/esm/components/Checkbox";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core/dist/esm/components/Modal";
import { Spinner } from "@patternfly/react-core/dist/esm/components/Spinner";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useState, type ReactNode } from "react";
import type { ConfigHidden, ConfigIssue } from "./interfaces";
import { type Json, type JsonObject, isObject, memberOf, setMember, stringify, visible } from "./json";
import { type Draft, draftValue, nested, setParameters } from "./model";
import { describe, type Service, type TouchedTarget } from "./service";
import { VarlinkError } from "./varlink";
import { _, DiffText, Failure, Issues, KeyDiff, Where, count, useLoaded, useService } from "./ui";

/** Members of Set and Rollback that say how a change is made. */
export interface How { comment?: string; confirmSeconds?: number; untilApplied?: boolean; ifRevision?: number; dryRun?: boolean }
interface Outcome { revision: number; changed: string[]; warnings?: ConfigIssue[]; hides?: ConfigHidden[]; hidden?: number }
export interface Change {
    title: string;
    verb: string;
    run: (how: How) => Promise<Outcome>;
    /** The value that a changed key would have. */
    after: (key: string) => Promise<Json | undefined>;
    targets: () => Promise<TouchedTarget[]>;
    /** Rollback may leave its overrides to the next edit of a file. */
    extra?: ReactNode;
}

const targetsOf = (reply: Json): TouchedTarget[] => (isObject(reply) && Array.isArray(reply.targets) ? reply.targets as unknown as TouchedTarget[] : []);

export function draftChange(service: Service, draft: Draft): Change {
    const parameters = setParameters(draft);
    return {
        title: _("Review the changes"),
        verb: _("Apply"),
        run: (how) => service.client.call("io.cfgd.Config.Set", { ...parameters, ...how }),
        after: async (key) => {
            const value = draftValue(draft, key);
            if (value !== undefined) return value;
            const { candidates } = await service.client.call("io.cfgd.Config.Explain", { key });
            const found = candidates.find((one) => one.origin.layer !== "override" && !one.locked)?.values;
            return memberOf(found, key);
        },
        // The values go to standard input: other users can read the arguments of a process.
        targets: async () => {
            const document = nested(Object.entries(parameters.values));
            const set = Object.keys(document).length ? targetsOf(await service.cfgctl(["apply", "--dry-run", "-"], stringify(document))) : [];
            const unset = parameters.unset.length ? targetsOf(await service.cfgctl(["unset", "--dry-run", ...parameters.unset])) : [];
            return [...set, ...unset];
        },
    };
}

export function rollbackChange(service: Service, revision: number, namespace: string, extra?: { soft: boolean; control: ReactNode }): Change {
    return {
        title: cockpit.format(namespace ? _("Roll back $1 to revision $0") : _("Roll back to revision $0"), revision, namespace),
        verb: _("Roll back"),
        run: (how) => service.client.call("io.cfgd.History.Rollback", {
            revision, ...(namespace ? { namespace } : {}), ...(extra?.soft ? { soft: true } : {}), ...how,
        }),
        after: async (key) => memberOf((await service.client.call("io.cfgd.History.GetAt", { keys: [key], revision })).values, key),
        targets: async () => targetsOf(await service.cfgctl(["rollback", "--dry-run", String(revision), ...(namespace ? [namespace] : [])])),
        extra: extra?.control,
    };
}

interface Preview { outcome: Outcome; before: JsonObject; after: JsonObject; secrets: string[] }
const previewed = 200;

async function preview(service: Service, change: Change): Promise<Preview> {
    const outcome = await change.run({ dryRun: true });
    const secrets = outcome.changed.filter((key) => service.isSecret(key));
    const before: JsonObject = {};
    const after: JsonObject = {};
    await Promise.all(outcome.changed.filter((key) => !secrets.includes(key)).slice(0, previewed).map(async (key) => {
        const old = service.state.values.get(key);
        const now = await change.after(key);
        if (old !== undefined) setMember(before, key, old);
        if (now !== undefined) setMember(after, key, now);
    }));
    return { outcome, before, after, secrets };
}

export function ChangeDialog({ change, onClose }: { change: Change; onClose: (isDone: boolean) => void }): ReactNode {
    const service = useService();
    const [issues, setIssues] = useState<ConfigIssue[]>([]);
    const [comment, setComment] = useState("");
    const [isPending, setIsPending] = useState(false);
    const [seconds, setSeconds] = useState("60");
    const [untilApplied, setUntilApplied] = useState(false);
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<string>();
    const caught = (error: unknown): never => {
        if (error instanceof VarlinkError && Array.isArray(error.parameters.issues)) setIssues(error.parameters.issues as unknown as ConfigIssue[]);
        throw error;
    };
    const loaded = useLoaded(() => preview(service, change).catch(caught), [change]);
    const targets = useLoaded(() => change.targets(), [change]);
    const { value } = loaded;
    const isTimeBad = isPending && !(Number(seconds) >= 1 && Number.isInteger(Number(seconds)));
    const submit = (): void => {
        setBusy(true);
        setFailure(undefined);
        setIssues([]);
        change.run({
            ...(comment ? { comment } : {}),
            ...(isPending ? { confirmSeconds: Number(seconds), ...(untilApplied ? { untilApplied } : {}) } : {}),
            // What was looked at is what is made.
            ifRevision: value?.outcome.revision,
        }).catch(caught).then(() => onClose(true), (error: unknown) => {
            const isOpen = error instanceof VarlinkError && error.id === "closed";
            setFailure(isOpen ? _("The connection to cfgd was closed. The history says whether the change was made.") : describe(error));
            setBusy(false);
            if (error instanceof VarlinkError && error.id.endsWith(".RevisionMismatch")) loaded.reload();
        });
    };
    return (
        <Modal isOpen variant="large" onClose={() => onClose(false)} aria-labelledby="review-title">
            <ModalHeader title={change.title} labelId="review-title" />
            <ModalBody tabIndex={0} aria-label={change.title}>
                <Failure text={failure} />
                {!value && !loaded.error && <Spinner size="lg" aria-label={_("The change is checked")} />}
                <Failure text={loaded.error} />
                <Issues issues={issues} />
                {value && (
                    <>
                        <h3>{count("$0 effective value changes", "$0 effective values change", value.outcome.changed.length)}</h3>
                        <KeyDiff before={value.before} after={value.after} secrets={value.secrets} />
                        {value.outcome.changed.length > previewed && <p>{count("Only the first key is shown.", "Only the first $0 keys are shown.", previewed)}</p>}
                        <Issues issues={value.outcome.warnings ?? []} />
                        {(value.outcome.hides?.length ?? 0) > 0 && (
                            <Alert isInline variant="info" title={count("Hides $0 value of a file", "Hides $0 values of files", value.outcome.hidden ?? 0)}>
                                <ul>{value.outcome.hides?.map((one) => <li key={one.key}><code>{visible(one.key)}</code> <Where origin={one.origin} /></li>)}</ul>
                            </Alert>
                        )}
                        <h3>{_("Files and units")}</h3>
                        <Targets targets={targets.value} error={targets.error} />
                        <div className="cfgd-form">
                            <FormGroup label={_("Comment")} fieldId="comment">
                                <TextInput id="comment" value={comment} onChange={(_event, to) => setComment(to)} />
                            </FormGroup>
                            {change.extra}
                            <Checkbox id="pending" label={_("Undo it unless it is confirmed")} isChecked={isPending} onChange={(_event, to) => setIsPending(to)} />
                            {isPending && (
                                <>
                                    <FormGroup label={_("Confirm within (seconds)")} fieldId="seconds">
                                        <TextInput id="seconds" inputMode="numeric" value={seconds} validated={isTimeBad ? "error" : "default"} onChange={(_event, to) => setSeconds(to)} />
                                    </FormGroup>
                                    <Checkbox id="until-applied" label={_("Confirm it when every consumer has applied it, and undo it when one fails")}
                                        isChecked={untilApplied} onChange={(_event, to) => setUntilApplied(to)} />
                                </>
                            )}
                        </div>
                    </>
                )}
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" isDisabled={!value || busy || isTimeBad} isLoading={busy} onClick={submit}>{change.verb}</Button>
                <Button variant="link" onClick={() => onClose(false)}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}

function Targets({ targets, error }: { targets?: TouchedTarget[]; error?: string }): ReactNode {
    if (error) return <p className="cfgd-small">{_("cfgctl cannot say which files would change:")} {error}</p>;
    if (!targets) return <Spinner size="md" aria-label={_("Files are rendered")} />;
    if (!targets.length) return <p>{_("No file of a target changes.")}</p>;
    return (
        <>
            {targets.map((one) => (
                <div key={one.name}>
                    <p><strong>{one.name}</strong>{one.unit && <>: {one.action} <code>{one.unit}</code></>}</p>
                    {one.files.map((file) => (
                        <div key={file.path}>
                            {file.diff === undefined ? <p><code>{file.path}</code>: {file.why}</p> : <DiffText text={file.diff} />}
                        </div>
                    ))}
                </div>
            ))}
        </>
    );
}
