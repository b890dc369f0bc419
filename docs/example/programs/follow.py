#!/usr/bin/python3
"""Prints settings of the site, and then each change of them."""

import sys

import cfgd


def main() -> int:
    try:
        with cfgd.Client() as service:
            port = service.get("site.port", 80)
            print(f"{service.get('site.title', 'no title')} on port {port}", flush=True)
            with service.watch("site", consumer="follow") as watch:
                for event in watch:
                    for key, value in event.values.items():
                        print(f"{event.revision}: {key} = {value}", flush=True)
                    watch.acknowledge(event)
    except cfgd.CfgdError as why:
        print(why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
