#!/usr/bin/env python3
"""Alert rules and dashboard name no figures but those that the service has.

usage: monitoring.py ROOT [FIGURES]
FIGURES: what the method Metrics gives, to be compared with; without it the names that are registered in
daemon/metrics/. promtool, where it is there, looks at the rules and runs their tests."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

NAME = re.compile(r"\bcfgd_[a-z_]+\b")
REGISTERED = re.compile(r'\.name = "(cfgd_\w+)",(?:\s*\.what = (?:type::)?(counter|histogram|gauge),)?')
HISTOGRAM_ENDS = ("_bucket", "_sum", "_count")


def of_code(root: Path) -> set[str]:
    names = set()
    for file in (root / "daemon" / "metrics").glob("*.cpp"):
        for name, kind in REGISTERED.findall(file.read_text()):
            if kind == "counter":
                names.add(name + "_total")
            elif kind == "histogram":
                names.update(name + end for end in HISTOGRAM_ENDS)
            else:
                names.add(name)
    return names


def of_figures(text: str) -> set[str]:
    return {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}


def expressions(dashboard: dict):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


def problems_of(dashboard: dict):
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        yield "dashboard: a panel's id is there twice"
    for panel in dashboard["panels"]:
        if panel["type"] != "row" and not panel.get("targets"):
            yield f"dashboard: {panel['title']}: shows nothing"
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"dashboard: {panel['title']}: is out of the grid"


def main() -> int:
    root = Path(sys.argv[1])
    folder = root / "docs" / "monitoring"
    known = of_figures(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else of_code(root)
    dashboard = json.loads((folder / "cfgd.dashboard.json").read_text())
    wrong = list(problems_of(dashboard))
    used = set()
    for where, text in expressions(dashboard):
        used.update(NAME.findall(text))
        wrong += [f"dashboard: {where}: no figure is named {name}" for name in NAME.findall(text) if name not in known]
    rules = (folder / "cfgd.rules.yml").read_text()
    for expression in re.findall(r"expr: (?:>-\n((?:          .+\n)+)|(.+))", rules):
        for name in NAME.findall("".join(expression)):
            if name not in known:
                wrong.append(f"rules: no figure is named {name}")
    # Of a histogram one of the three is enough.
    shown = {name.removesuffix("_bucket") for name in used}
    for name in sorted(known):
        if not name.endswith(HISTOGRAM_ENDS) and name not in shown:
            wrong.append(f"dashboard: {name} is shown nowhere")
    if promtool := shutil.which("promtool"):
        for command in (["check", "rules", "cfgd.rules.yml"], ["test", "rules", "cfgd.rules.test.yml"]):
            run = subprocess.run([promtool, *command], cwd=folder, capture_output=True, text=True)
            if run.returncode != 0:
                wrong.append(f"promtool {' '.join(command)}:\n{run.stdout}{run.stderr}")
    else:
        wrong.append("no promtool: tools/bootstrap --tests")
    print("\n".join(wrong) if wrong else f"{len(known)} figures, all that is named is there")
    return 1 if wrong or not known else 0


if __name__ == "__main__":
    sys.exit(main())
