"""Keys are dotted names whose first part is the namespace; a part that is not a bare word is quoted."""

from __future__ import annotations

import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def key(*parts: str) -> str:
    """The key of these parts, as the service writes it.

    >>> key("hosts", "db.example.org", "port")
    'hosts."db.example.org".port'
    """
    return ".".join(part if _BARE.fullmatch(part) else _quoted(part) for part in parts)


def _quoted(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04X}", escaped) + '"'


def relative(of: str, prefix: str) -> str:
    """A key without the prefix that it is below of."""
    return of[len(prefix) + 1 :] if of.startswith(prefix + ".") else of
