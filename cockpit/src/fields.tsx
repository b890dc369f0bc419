// Editing a value: by a form made of its schema, or as JSON with the issues at their lines.
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Checkbox } from "@patternfly/react-core/dist/esm/components/Checkbox";
import { FormGroup, FormHelperText } from "@patternfly/react-core/dist/esm/components/Form";
import { FormSelect, FormSelectOption } from "@patternfly/react-core/dist/esm/components/FormSelect";
import { HelperText, HelperTextItem } from "@patternfly/react-core/dist/esm/components/HelperText";
import { TextArea } from "@patternfly/react-core/dist/esm/components/TextArea";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { ConfigIssue } from "./interfaces";
import { type Json, type JsonObject, below, isObject, memberOf, setMember, stringify, visible } from "./json";
import { type Schema, checkText, hasSecret, idText, initialValue, isSecret, issueText, issuesAt, kindOf, memberSchema, parseNumber, pointerOf, valueText } from "./model";
import { _, format } from "./ui";

export interface FieldProps {
    label: string;
    /** The key that is edited, and the place inside of its value. */
    name: string;
    pointer?: string;
    schema: Schema;
    root: Schema;
    value: Json | undefined;
    isDisabled: boolean;
    issues: ConfigIssue[];
    onChange: (value: Json) => void;
}

/** What a schema allows, for people. */
export function hintOf(schema: Schema): string {
    const text = (key: string, template: string): string => (schema[key] === undefined ? "" : format(template, valueText(schema[key])));
    const range = schema.minimum !== undefined && schema.maximum !== undefined
        ? format(_("$0 to $1"), valueText(schema.minimum), valueText(schema.maximum))
        : text("minimum", _("at least $0")) || text("maximum", _("at most $0"));
    return [
        range, text("exclusiveMinimum", _("more than $0")), text("exclusiveMaximum", _("less than $0")), text("multipleOf", _("a multiple of $0")),
        text("minLength", _("at least $0 characters")), text("maxLength", _("at most $0 characters")),
        text("minItems", _("at least $0 elements")), text("maxItems", _("at most $0 elements")),
        schema.uniqueItems === true ? _("no element twice") : "",
        typeof schema.format === "string" ? format(_("format $0"), schema.format) : "",
        typeof schema.pattern === "string" ? format(_("matches $0"), schema.pattern) : "",
    ].filter(Boolean).join(", ");
}

const idOf = (name: string, pointer: string): string => `field-${idText(name + pointer)}`;

function Hints({ id, text, issues }: { id: string; text?: string; issues: string[] }): ReactNode {
    if (!issues.length && !text) return null;
    return (
        <FormHelperText>
            <HelperText id={`${id}-help`} isLiveRegion={issues.length > 0}>
                {issues.map((one, index) => <HelperTextItem key={index} variant="error">{one}</HelperTextItem>)}
                {text && <HelperTextItem>{text}</HelperTextItem>}
            </HelperText>
        </FormHelperText>
    );
}

export function Field(props: FieldProps): ReactNode {
    const { label, name, pointer = "", schema, value, isDisabled, onChange } = props;
    const kind = isSecret(schema) ? "secret" : kindOf(schema, value);
    const id = idOf(name, pointer);
    const isGroup = kind === "object" || kind === "array";
    // Issues of what is inside of a group are shown there.
    const own = issuesAt(props.issues, name, pointer).filter((one) => !isGroup || (one.pointer ?? pointerOf(name)) === pointerOf(name) + pointer);
    const [typed, setTyped] = useState<{ text: string; for: Json | undefined }>();
    const text = typed && typed.for === value ? typed.text : typeof value === "string" ? value : valueText(value);
    const shared = {
        id, isDisabled, "aria-describedby": `${id}-help`, "aria-invalid": own.length > 0,
        validated: own.length ? "error" as const : "default" as const,
    };
    const wrong = typed && typed.for === value && (kind === "integer" || kind === "number") && parseNumber(typed.text, kind) === undefined
        ? [kind === "integer" ? _("must be an integer") : _("must be a number")] : [];
    const hidden = kind === "string" && visible(text) !== text ? format(_("It has characters that are not seen: $0"), visible(text.slice(0, 200))) : "";
    const help = [hidden, typeof schema.description === "string" ? schema.description : "", hintOf(schema)].filter(Boolean).join(" · ");
    const hints = <Hints id={id} text={help} issues={[...wrong, ...own.map(issueText)]} />;

    if (kind === "object") return <ObjectField {...props} hints={hints} />;
    if (kind === "array") return <ArrayField {...props} hints={hints} />;
    let control: ReactNode;
    if (kind === "boolean") {
        control = <Checkbox {...shared} label={label} isChecked={value === true} onChange={(_event, to) => onChange(to)} />;
        return <div className="cfgd-field">{control}{hints}</div>;
    }
    if (kind === "enum") {
        const options = schema.enum as Json[];
        const chosen = options.findIndex((one) => stringify(one) === valueText(value));
        control = (
            <FormSelect {...shared} aria-label={label} value={chosen} onChange={(_event, to) => onChange(options[Number(to)])}>
                {chosen < 0 && <FormSelectOption value={-1} label={_("Choose a value")} isDisabled />}
                {options.map((one, index) => <FormSelectOption key={index} value={index} label={typeof one === "string" ? one || _("(empty)") : valueText(one)} />)}
            </FormSelect>
        );
    } else if (kind === "secret") {
        control = (
            <TextInput {...shared} type="password" autoComplete="new-password" value={text} placeholder={_("A new value; the present one is not shown")}
                onChange={(_event, to) => onChange(to)} />
        );
    } else if (kind === "json") {
        return <JsonEditor {...props} isEdited pointer={pointer} text={value === undefined ? "" : stringify(value, 2)} onValue={onChange} />;
    } else if (kind === "string") {
        control = text.includes("\n")
            ? <TextArea {...shared} resizeOrientation="vertical" value={text} onChange={(_event, to) => onChange(to)} />
            : <TextInput {...shared} value={text} onChange={(_event, to) => onChange(to)} />;
    } else {
        control = (
            <TextInput {...shared} inputMode={kind === "integer" ? "numeric" : "decimal"} value={text}
                validated={own.length || wrong.length ? "error" : "default"}
                onChange={(_event, to) => {
                    const parsed = parseNumber(to, kind);
                    setTyped({ text: to, for: parsed === undefined ? value : parsed });
                    if (parsed !== undefined) onChange(parsed);
                }} />
        );
    }
    return <FormGroup className="cfgd-field" label={label} fieldId={id}>{control}{hints}</FormGroup>;
}

function ObjectField({ hints, ...props }: FieldProps & { hints: ReactNode }): ReactNode {
    const { schema, root, value, pointer = "" } = props;
    const now = isObject(value) ? value : {};
    const required = Array.isArray(schema.required) ? schema.required : [];
    const known = Object.keys(isObject(schema.properties) ? schema.properties : {});
    const parts = [...known, ...Object.keys(now).filter((part) => !known.includes(part))];
    const change = (part: string, to: Json | undefined): void => {
        const next: JsonObject = {};
        for (const [other, inner] of Object.entries(now)) if (other !== part) setMember(next, other, inner);
        if (to !== undefined) setMember(next, part, to);
        props.onChange(next);
    };
    return (
        <fieldset className="cfgd-group">
            <legend>{props.label}</legend>
            {hints}
            {parts.map((part) => {
                const member = memberSchema(schema, part, root);
                const inner = memberOf(now, part);
                if (inner === undefined) {
                    // It may have a value, which is not loaded: here a click would replace it.
                    if (hasSecret(member, root)) return <p key={part}>{part}: {_("(secret), which is edited on its own")}</p>;
                    return (
                        <Button key={part} variant="link" isInline isDisabled={props.isDisabled} onClick={() => change(part, initialValue(member, root))}>
                            {format(_("Set $0"), part)}
                        </Button>
                    );
                }
                return (
                    <div key={part} className="cfgd-member">
                        <Field {...props} label={part} pointer={below(pointer, part)} schema={member} value={inner} onChange={(to) => change(part, to)} />
                        {!required.includes(part) && !props.isDisabled && (
                            <Button variant="plain" aria-label={format(_("Remove $0"), part)} onClick={() => change(part, undefined)}>✕</Button>
                        )}
                    </div>
                );
            })}
        </fieldset>
    );
}

function ArrayField({ hints, ...props }: FieldProps & { hints: ReactNode }): ReactNode {
    const { schema, root, value, pointer = "", isDisabled } = props;
    const now = Array.isArray(value) ? value : [];
    const items = memberSchema(schema, 0, root);
    const change = (edit: (next: Json[]) => void): void => {
        const next = [...now];
        edit(next);
        props.onChange(next);
    };
    return (
        <fieldset className="cfgd-group">
            <legend>{props.label}</legend>
            {hints}
            {now.map((one, index) => (
                <div key={index} className="cfgd-member">
                    <Field {...props} label={format(_("Element $0"), index + 1)} pointer={below(pointer, index)} schema={items} value={one}
                        onChange={(to) => change((next) => { next[index] = to; })} />
                    {!isDisabled && (
                        <>
                            <Button variant="plain" aria-label={format(_("Move element $0 up"), index + 1)} isDisabled={!index}
                                onClick={() => change((next) => { next.splice(index - 1, 0, ...next.splice(index, 1)); })}>↑</Button>
                            <Button variant="plain" aria-label={format(_("Remove element $0"), index + 1)}
                                onClick={() => change((next) => { next.splice(index, 1); })}>✕</Button>
                        </>
                    )}
                </div>
            ))}
            {!isDisabled && <Button variant="secondary" size="sm" onClick={() => change((next) => { next.push(initialValue(items, root)); })}>{_("Add an element")}</Button>}
        </fieldset>
    );
}

const shownLines = 2000;

/** Lines of text with numbers; what is said of a line stands below it. Of a long text, those around the first mark. */
export function MarkedText({ text, marks, label }: { text: string; marks: { line: number; message: string; severity: string }[]; label: string }): ReactNode {
    const first = useRef<HTMLDivElement>(null);
    useEffect(() => { void first.current?.scrollIntoView({ block: "center" }); }, [text, marks]);
    const lines = text.replace(/\n$/, "").split("\n");
    const begin = Math.max(0, Math.min(...marks.map((one) => one.line), lines.length) - shownLines / 2);
    const from = lines.length > shownLines && marks.length ? begin : 0;
    let isFirst = true;
    return (
        <div className="cfgd-text" tabIndex={0} role="region" aria-label={label}>
            {from > 0 && <div className="cfgd-line">…</div>}
            {lines.slice(from, from + shownLines).map((line, offset) => {
                const index = from + offset;
                const here = marks.filter((one) => Math.min(Math.max(one.line, 1), lines.length) === index + 1);
                const mark = here.length > 0 && isFirst ? first : undefined;
                if (mark) isFirst = false;
                return (
                    <div key={index} ref={mark} className={here.length ? "cfgd-line cfgd-marked" : "cfgd-line"}>
                        <span className="cfgd-number" aria-hidden>{index + 1}</span><code>{visible(line.slice(0, 4000)) || " "}</code>
                        {here.map((one, at) => <div key={at} className={`cfgd-note cfgd-${one.severity}`}>{visible(one.message)}</div>)}
                    </div>
                );
            })}
            {from + shownLines < lines.length && <div className="cfgd-line">…</div>}
        </div>
    );
}

/** Numbers of lines as texts: those before a marked one, the marked one, those behind it, and so on. */
function gutterOf(count: number, marked: number[]): string[] {
    const range = (from: number, to: number): string => Array.from({ length: to - from }, (_none, index) => `${from + index}\n`).join("");
    const out: string[] = [];
    let next = 1;
    for (const line of [...new Set(marked)].sort((a, b) => a - b)) {
        out.push(range(next, line), String(line));
        next = line + 1;
    }
    return [...out, range(next, count + 1)];
}

/**
 * Valid JSON is passed on as it is typed. What was typed stays as it is while it is an edit (`isEdited`), is not valid, or `base`, the
 * effective value, has not changed since; then the text is that of the value again.
 */
export function JsonEditor({ label, name, pointer = "", text: initial, base = "", isEdited, issues, isDisabled, onValue }: {
    label: string; name: string; pointer?: string; text: string; base?: string; isEdited: boolean; issues: ConfigIssue[]; isDisabled: boolean;
    onValue: (value: Json) => void;
}): ReactNode {
    const [typed, setTyped] = useState<{ text: string; isValid: boolean; base: string }>();
    const text = typed && (isEdited || !typed.isValid || typed.base === base) ? typed.text : initial;
    const gutter = useRef<HTMLDivElement>(null);
    const { lines } = useMemo(() => (text ? checkText(text, name, issues, pointer) : { lines: [] }), [text, name, issues, pointer]);
    const numbers = useMemo(() => gutterOf(text.split("\n").length, lines.map((one) => one.line)), [text, lines]);
    const id = `json-${idText(name + pointer)}`;
    return (
        <FormGroup className="cfgd-field" label={label} fieldId={id}>
            <div className="cfgd-editor">
                <div className="cfgd-gutter" ref={gutter} aria-hidden>
                    {numbers.map((one, index) => <div key={index} className={index % 2 ? "cfgd-marked" : undefined}>{one}</div>)}
                </div>
                <textarea
                    id={id} value={text} spellCheck={false} readOnly={isDisabled} wrap="off" rows={Math.min(24, text.split("\n").length + 1)}
                    aria-invalid={lines.length > 0} aria-describedby={`${id}-help`}
                    onScroll={(event) => { if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop; }}
                    onChange={(event) => {
                        const { value } = checkText(event.target.value, name, []);
                        setTyped({ text: event.target.value, isValid: value !== undefined, base });
                        if (value !== undefined) onValue(value);
                    }}
                />
            </div>
            <Hints id={id} issues={lines.map((one) => format(_("Line $0: $1"), one.line, one.message))} />
        </FormGroup>
    );
}
