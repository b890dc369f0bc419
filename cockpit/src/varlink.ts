// Varlink over cockpit.channel: messages are JSON that ends with a NUL byte, so the channel is binary.
// Calls share one channel and are answered in order; a call that may take long has a channel of its own,
// and closing that cancels it. A channel is opened for the next call after it was closed.
import type { ErrorName, Methods } from "./interfaces";
import { type Json, type JsonObject, isObject, parse, stringify } from "./json";

export type Method = keyof Methods;
export type Reply<M extends Method> = Methods[M]["out"];
type Streams = { [M in Method]: Methods[M]["more"] extends true ? M : never }[Method];

/** As sd-varlink: no message is longer. */
const maximumMessage = 16 * 1024 * 1024;
const slowMilliseconds = 3000;

/** An error of the service (`name` is its interface's), or "closed" with Cockpit's problem code. */
export class VarlinkError extends Error {
    constructor(readonly id: ErrorName | "closed" | (string & {}), readonly parameters: JsonObject) {
        super(typeof parameters.message === "string" ? parameters.message : id.slice(id.lastIndexOf(".") + 1));
    }
}

/** Splits what arrives into messages. Throws when one is too long. */
export class Framing {
    private parts: Uint8Array[] = [];
    private size = 0;
    private readonly decoder = new TextDecoder();

    push(chunk: Uint8Array): string[] {
        const out: string[] = [];
        let rest = chunk;
        for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
            this.parts.push(rest.subarray(0, end));
            out.push(this.parts.map((part) => this.decoder.decode(part, { stream: true })).join("") + this.decoder.decode());
            this.parts = [];
            this.size = 0;
            rest = rest.subarray(end + 1);
        }
        if (rest.length) this.parts.push(rest);
        this.size += rest.length;
        if (this.size > maximumMessage) throw new Error("the message is too long");
        return out;
    }
}

interface Waiting {
    reply(parameters: JsonObject, continues: boolean): void;
    fail(error: VarlinkError): void;
}

class Connection {
    private readonly waiting: Waiting[] = [];
    private readonly framing = new Framing();
    private readonly channel: CockpitChannel;
    open = true;

    constructor(unix: string) {
        this.channel = cockpit.channel({ payload: "stream", unix, binary: true, superuser: "try" });
        this.channel.addEventListener("message", (_event, data) => this.receive(data));
        this.channel.addEventListener("close", (_event, options) => {
            this.end(options.problem ?? "disconnected", options.message);
        });
    }
    send(method: string, parameters: object, more: boolean, waiting: Waiting): void {
        this.waiting.push(waiting);
        const text = stringify({ method, parameters, ...(more ? { more } : {}) });
        this.channel.send(new TextEncoder().encode(`${text}\0`));
    }
    private receive(data: Uint8Array | string): void {
        try {
            const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
            for (const text of this.framing.push(bytes)) this.message(parse(text));
        } catch (error) {
            this.close("protocol-error", String(error));
        }
    }
    private message(message: Json): void {
        const first = this.waiting[0];
        if (!isObject(message) || !first) throw new Error("not a reply");
        const parameters = isObject(message.parameters) ? message.parameters : {};
        const continues = message.continues === true;
        if (!continues) this.waiting.shift();
        if (typeof message.error === "string") first.fail(new VarlinkError(message.error, parameters));
        else first.reply(parameters, continues);
    }
    private end(problem: string, message?: string): void {
        if (!this.open) return;
        this.open = false;
        const error = new VarlinkError("closed", { problem, message: message ?? problem });
        for (const one of this.waiting.splice(0)) one.fail(error);
    }
    close(problem = "cancelled", message?: string): void {
        this.end(problem, message);
        // With a problem the bridge closes the socket; without one it only ends its half, and the service, which
        // answers what it has received, would keep the connection until a long call is over.
        this.channel.close(problem);
    }
}

export interface Stream { close(): void }

export class Client {
    private shared?: Connection;
    private slow = 0;
    /** `onSlow` is called when calls are not answered in time, and when they are again. */
    constructor(readonly unix: string, private readonly onSlow: (isSlow: boolean) => void = () => undefined) {}

    call<M extends Method>(method: M, parameters: Methods[M]["in"]): Promise<Reply<M>> {
        if (!this.shared?.open) this.shared = new Connection(this.unix);
        const connection = this.shared;
        let isLate = false;
        const late = (to: boolean): void => {
            isLate = to;
            this.slow += to ? 1 : -1;
            this.onSlow(this.slow > 0);
        };
        const timer = setTimeout(() => late(true), slowMilliseconds);
        const over = (): void => {
            clearTimeout(timer);
            if (isLate) late(false);
        };
        return new Promise((resolve, reject) => {
            connection.send(method, parameters, false, {
                reply: (out) => { over(); resolve(out as Reply<M>); },
                fail: (error) => { over(); reject(error); },
            });
        });
    }
    /** Every reply of a call with 'more', together: `join` adds one to what there is. */
    async collect<M extends Streams, T>(method: M, parameters: Methods[M]["in"], into: T, join: (into: T, reply: Reply<M>) => void): Promise<T> {
        await new Promise<void>((resolve, reject) => {
            this.stream(method, parameters, (reply) => join(into, reply), (error) => (error ? reject(error) : resolve()));
        });
        return into;
    }
    /** A call on a channel of its own. `ended` is called once, without an error after the last reply, and not after close(). */
    stream<M extends Method>(method: M, parameters: Methods[M]["in"], on: (reply: Reply<M>) => void, ended: (error?: VarlinkError) => void): Stream {
        const connection = new Connection(this.unix);
        let over = false;
        const finish = (error?: VarlinkError): void => {
            if (over) return;
            over = true;
            connection.close();
            ended(error);
        };
        connection.send(method, parameters, true, {
            reply: (reply, continues) => {
                if (over) return;
                on(reply as Reply<M>);
                if (!continues) finish();
            },
            fail: finish,
        });
        return {
            close: () => {
                over = true;
                connection.close();
            },
        };
    }
    close(): void {
        this.shared?.close();
    }
}
