// What this package uses of Cockpit's cockpit.js (base1), which is loaded before it.
interface CockpitChannel extends EventTarget {
    valid: boolean;
    send(data: Uint8Array | string): void;
    close(problem?: string): void;
    addEventListener(type: "message", on: (event: Event, data: Uint8Array | string) => void): void;
    addEventListener(type: "close", on: (event: Event, options: { problem?: string; message?: string }) => void): void;
}
interface CockpitSpawn extends Promise<string> {
    input(text: string): CockpitSpawn;
}
interface CockpitFile {
    read(): Promise<string | null>;
    watch(on: (content: string | null, tag: unknown, error?: { message?: string }) => void): { remove(): void };
    close(): void;
}
interface CockpitProxy extends EventTarget {
    Current?: string;
    wait(on: () => void): void;
}
interface CockpitLocation {
    path: string[];
    options: Record<string, string | string[]>;
    go(path: string[], options?: Record<string, string>): void;
    replace(path: string[], options?: Record<string, string>): void;
}
interface Cockpit extends EventTarget {
    channel(options: Record<string, unknown>): CockpitChannel;
    spawn(argv: string[], options?: Record<string, unknown>): CockpitSpawn;
    file(path: string, options?: Record<string, unknown>): CockpitFile;
    dbus(name: null, options: { bus: "internal" }): { proxy(name: string, path: string): CockpitProxy };
    gettext(text: string): string;
    ngettext(one: string, many: string, count: number): string;
    format(template: string, ...values: unknown[]): string;
    language: string;
    location: CockpitLocation;
}
declare const cockpit: Cockpit;
