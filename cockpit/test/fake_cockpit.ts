// A Cockpit whose channels a test answers by hand.
export class FakeChannel extends EventTarget {
    valid = true;
    problem?: string;
    sent: string[] = [];
    private readonly handlers = new Map<string, ((event: Event, data: never) => void)[]>();
    constructor(readonly options: Record<string, unknown>) {
        super();
    }
    override addEventListener(type: string, on: unknown): void {
        this.handlers.set(type, [...this.handlers.get(type) ?? [], on as (event: Event, data: never) => void]);
    }
    emit(type: "message" | "close", data: unknown): void {
        for (const on of this.handlers.get(type) ?? []) on(new Event(type), data as never);
    }
    send(data: Uint8Array | string): void {
        this.sent.push(typeof data === "string" ? data : new TextDecoder().decode(data));
    }
    close(problem?: string): void {
        this.valid = false;
        this.problem = problem;
    }
    calls(): { method: string; parameters: Record<string, unknown>; more?: boolean }[] {
        return this.sent.map((text) => JSON.parse(text.replace(/\0$/, "")) as { method: string; parameters: Record<string, unknown> });
    }
    reply(parameters: unknown, rest: Record<string, unknown> = {}): void {
        this.emit("message", new TextEncoder().encode(`${JSON.stringify({ parameters, ...rest })}\0`));
    }
}

export class FakeCockpit extends EventTarget {
    channels: FakeChannel[] = [];
    channel(options: Record<string, unknown>): FakeChannel {
        const made = new FakeChannel(options);
        this.channels.push(made);
        return made;
    }
    gettext = (text: string): string => text;
    ngettext = (one: string, many: string, count: number): string => (count === 1 ? one : many);
    format = (template: string, ...values: unknown[]): string => template.replace(/\$(\d)/g, (_all, index) => String(values[Number(index)]));
    file(): object {
        return { read: () => Promise.resolve("root:x:0:0:root:/root:/bin/sh\n"), watch: () => ({ remove: () => undefined }), close: () => undefined };
    }
    /** Open channels of a method. */
    of(method: string): FakeChannel[] {
        return this.channels.filter((one) => one.valid && one.calls().some((call) => call.method.endsWith(`.${method}`)));
    }
}

export function install(): FakeCockpit {
    const made = new FakeCockpit();
    (globalThis as Record<string, unknown>).cockpit = made;
    return made;
}

/** Time that passes when a test says so. */
export class Clock {
    private readonly real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    private timers: { at: number; run: () => void }[] = [];
    private now = 0;
    constructor() {
        Object.assign(globalThis, {
            setTimeout: (run: () => void, after: number) => {
                const timer = { at: this.now + after, run };
                this.timers.push(timer);
                return timer;
            },
            clearTimeout: (timer: unknown) => { this.timers = this.timers.filter((one) => one !== timer); },
        });
    }
    tick(milliseconds: number): void {
        this.now += milliseconds;
        const due = this.timers.filter((one) => one.at <= this.now);
        this.timers = this.timers.filter((one) => one.at > this.now);
        for (const one of due) one.run();
    }
    stop(): void {
        Object.assign(globalThis, this.real);
    }
}
