"""What calls give. Plain data; times are RFC 3339, UTC, with milliseconds.

Texts with an enumerated set of words (`layer`, `severity`, `state`) may have further words in newer
services. A `dict` from key to value has keys as the service writes them: `hosts."db.example.org".port`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional


@dataclass(frozen=True)
class RefusedReply:
    """An error reply, before it is an exception."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """Where a value was set, and by whom."""

    layer: str
    revision: int
    path: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    uid: Optional[int] = None
    gid: Optional[int] = None
    pid: Optional[int] = None
    unit: Optional[str] = None
    time: Optional[str] = None


@dataclass(frozen=True)
class Issue:
    """One finding of a schema or a rule."""

    severity: str
    rule: str
    message: str
    key: Optional[str] = None
    pointer: Optional[str] = None
    path: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


@dataclass(frozen=True)
class Hidden:
    """A value of a file without effect, because a higher layer decides its key."""

    key: str
    origin: Origin
    by: Optional[Origin] = None
    unset: Optional[str] = None
    removed: Optional[bool] = None


@dataclass(frozen=True)
class Override:
    """A key that is set in the override layer. `values`: absent for a secret."""

    key: str
    origin: Origin
    hidden: int
    values: Optional[dict[str, Any]] = None
    soft: Optional[bool] = None
    hides: list[Hidden] = field(default_factory=list)
    locked: Optional[bool] = None


@dataclass(frozen=True)
class Pending:
    """A change that is undone unless confirmed (`kind` confirm), or that expires (expire)."""

    revision: int
    kind: str
    deadline: str
    keys: list[str]
    uid: Optional[int] = None
    comment: Optional[str] = None


@dataclass(frozen=True)
class Snapshot:
    """Values of one revision, and the keys that were asked for and have none."""

    values: dict[str, Any]
    missing: list[str]
    revision: int


@dataclass(frozen=True)
class Commit:
    """What a change did."""

    revision: int
    changed: list[str]
    warnings: list[Issue] = field(default_factory=list)
    deadline: Optional[str] = None
    hides: list[Hidden] = field(default_factory=list)
    hidden: int = 0


@dataclass(frozen=True)
class Candidate:
    """What one layer says about a key. `values`: absent where it removes the key, or is secret."""

    origin: Origin
    values: Optional[dict[str, Any]] = None
    locked: bool = False


@dataclass(frozen=True)
class Lock:
    """Keys that the layers above one cannot change, and the line of the access file."""

    above: str
    path: str
    line: int
    reason: str


@dataclass(frozen=True)
class Explanation:
    """Why a key has its value: the candidates, the winner first."""

    candidates: list[Candidate]
    secret: bool
    writable: bool
    revision: int
    values: Optional[dict[str, Any]] = None
    schema: Optional[dict[str, Any]] = None
    read_only: bool = False
    lock: Optional[Lock] = None


@dataclass(frozen=True)
class Validation:
    """What schemas and rules say about a document."""

    valid: bool
    issues: list[Issue]


@dataclass(frozen=True)
class KeyOrigins:
    """Keys of a change that come from one file, with their lines; 0: not known."""

    origin: Origin
    lines: dict[str, int]


@dataclass(frozen=True)
class Change:
    """What one revision changed. `before` and `after` only if values were asked for."""

    revision: int
    time: str
    origin: Origin
    created: list[str]
    updated: list[str]
    deleted: list[str]
    pid: Optional[int] = None
    unit: Optional[str] = None
    comment: Optional[str] = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    warnings: list[Issue] = field(default_factory=list)
    origins: list[KeyOrigins] = field(default_factory=list)


@dataclass(frozen=True)
class ChangeLog:
    """Changes, the newest first, and the oldest revision that is kept."""

    changes: list[Change]
    oldest: int
    damaged: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """Values that differ between two revisions; `secrets` are keys whose values are not shown."""

    before: dict[str, Any]
    after: dict[str, Any]
    secrets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PastValues:
    """Values of an earlier revision."""

    values: dict[str, Any]
    missing: list[str]


@dataclass(frozen=True)
class BlameLine:
    """Which change gave a key its value. `values`: absent for a secret."""

    key: str
    origin: Origin
    values: Optional[dict[str, Any]] = None
    pid: Optional[int] = None
    unit: Optional[str] = None
    time: Optional[str] = None
    comment: Optional[str] = None


@dataclass(frozen=True)
class Blame:
    """The keys of a namespace and who set them."""

    lines: list[BlameLine]
    damaged: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Status:
    """The state of the service."""

    version: str
    pid: int
    start_time: str
    status: str
    ready: bool
    degraded: bool
    revision: int
    namespaces: list[str]
    connections: int
    watchers: int
    fallback: list[str] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    edit_deadline: Optional[str] = None
    overrides: Optional[int] = None
    hidden: Optional[int] = None
    hidden_since: Optional[str] = None
    state_directory: Optional[str] = None
    store_id: Optional[str] = None


@dataclass(frozen=True)
class Source:
    """A file that the service reads, and its state."""

    path: str
    namespace: str
    layer: str
    state: str
    revision: int
    size: int
    watch: str
    message: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    kind: Optional[str] = None
    issues: list[Issue] = field(default_factory=list)
    keys: Optional[int] = None
    overridden: Optional[int] = None


@dataclass(frozen=True)
class Check:
    """The latest result of a health check."""

    name: str
    status: str
    message: str
    details: dict[str, Any]
    duration_ms: float
    time: str


@dataclass(frozen=True)
class Health:
    """The worst status, and all checks."""

    status: str
    checks: list[Check]


@dataclass(frozen=True)
class ConsumerFailure:
    """Why a consumer could not apply a revision."""

    revision: int
    message: str
    time: str


@dataclass(frozen=True)
class Consumer:
    """A program that watches under a name and says what it has applied.

    `prefixes`: absent: everything that it may read. `since`: since when it is in its state.
    """

    name: str
    state: str
    uid: int
    delivered: int
    applied: int
    since: str
    pid: Optional[int] = None
    unit: Optional[str] = None
    prefixes: Optional[list[str]] = None
    failure: Optional[ConsumerFailure] = None


@dataclass(frozen=True)
class Applied:
    """Whether everybody has applied a revision, and who has not."""

    applied: bool
    waiting: list[Consumer]


@dataclass(frozen=True)
class Event:
    """One event of a watch. It is always whole: a state, or one revision.

    `ready`: the events behind this one are changes. `resync`: what was reported before is void.
    """

    revision: int
    values: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    ready: bool = False
    resync: bool = False
    origin: Optional[Origin] = None
    without_effect: list[Hidden] = field(default_factory=list)
    store_id: Optional[str] = None
