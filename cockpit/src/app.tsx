import "./cfgd.css";
import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { Spinner } from "@patternfly/react-core/dist/esm/components/Spinner";
import { Component, StrictMode, useEffect, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { Files } from "./files";
import { History } from "./history";
import { Overview } from "./overview";
import { Service } from "./service";
import { Settings } from "./settings";
import { _, Failure, ServiceContext, StateLabel, format, useCfgd, usePath, useService } from "./ui";

/** Cockpit keeps its style in localStorage; auto follows the browser. */
function followStyle(): void {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = (): void => {
        const style = localStorage.getItem("shell:style") ?? "auto";
        document.documentElement.classList.toggle("pf-v6-theme-dark", style === "dark" || (style === "auto" && dark.matches));
    };
    window.addEventListener("storage", apply);
    window.addEventListener("cockpit-style", apply);
    dark.addEventListener("change", apply);
    apply();
}

/** Cockpit's shell switches administrative access without loading the page again. */
function followRights(service: Service): void {
    const proxy = cockpit.dbus(null, { bus: "internal" }).proxy("cockpit.Superuser", "/superuser");
    let known: string | undefined;
    const look = (): void => {
        if (known !== undefined && proxy.Current !== known) service.reconnect();
        known = proxy.Current ?? known;
    };
    proxy.wait(look);
    proxy.addEventListener("changed", look);
}

class Boundary extends Component<{ children: ReactNode }, { text?: string }> {
    state: { text?: string } = {};
    static getDerivedStateFromError(error: unknown): { text: string } {
        return { text: String(error) };
    }
    render(): ReactNode {
        return this.state.text ? <Failure title={_("This page has a fault")} text={this.state.text} /> : this.props.children;
    }
}

const views = ["overview", "settings", "history", "files"] as const;

function App(): ReactNode {
    const state = useCfgd();
    const service = useService();
    const { path, go } = usePath();
    const [view = "overview", selected = ""] = path;
    const names = { overview: _("Overview"), settings: _("Settings"), history: _("History"), files: _("Files") };
    useEffect(() => { document.title = `cfgd: ${names[view as keyof typeof names] ?? view}`; });
    const isReadOnly = state.status && !state.status.namespaces.some((one) => service.may("write", one));
    return (
        <div className="cfgd-page">
            <header className="cfgd-header">
                <h1>cfgd</h1>
                <nav aria-label={_("Views")}>
                    {views.map((one) => (
                        <button key={one} type="button" className="cfgd-tab" aria-current={one === view ? "page" : undefined} onClick={() => go(one)}>{names[one]}</button>
                    ))}
                </nav>
                {service.root && <Label isCompact color="purple" title={_("Not the service of this machine")}>cfgd --root {service.root}</Label>}
                {state.health && state.connection === "open" && <StateLabel state={state.health.status} />}
                {state.connection === "open" && <span className="cfgd-small">{format(_("revision $0"), state.revision)}</span>}
            </header>
            {state.connection === "lost" && (
                <Alert isInline isLiveRegion variant="danger" title={_("cfgd does not answer. The page connects again as soon as it does.")}>{state.problem}</Alert>
            )}
            {state.isSlow && state.connection === "open" && <Alert isInline isLiveRegion isPlain variant="warning" title={_("cfgd takes long to answer. What you see may be out of date.")} />}
            {isReadOnly && <Alert isInline isPlain variant="info" title={_("You may look at settings, and not change them. Administrative access may have the right.")} />}
            <main>
                <Boundary key={view}>
                    {!state.status && !state.values.size && state.connection !== "lost" && <Spinner aria-label={_("Loading")} />}
                    {state.status && view === "overview" && <Overview />}
                    {state.values.size > 0 && view === "settings" && <Settings selected={selected} />}
                    {state.status && view === "history" && <History selected={selected} />}
                    {state.status && view === "files" && <Files selected={selected} />}
                </Boundary>
            </main>
        </div>
    );
}

document.addEventListener("DOMContentLoaded", () => {
    followStyle();
    const { root } = cockpit.location.options;
    const service = new Service(typeof root === "string" ? root : "");
    service.start();
    followRights(service);
    window.addEventListener("pagehide", () => service.stop());
    const element = document.getElementById("app");
    if (!element) throw new Error("no element for the page");
    createRoot(element).render(<StrictMode><ServiceContext.Provider value={service}><App /></ServiceContext.Provider></StrictMode>);
});
