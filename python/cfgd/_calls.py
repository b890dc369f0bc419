"""The methods of the service as functions that make calls. Both clients have them as methods.

`None` stands for a parameter that is absent. Seconds may be a number or a timedelta.
"""

from __future__ import annotations

import datetime
from typing import Any, Callable, Iterable, Mapping, Optional, Type, TypeVar, Union

from . import _wire, model
from ._protocol import Call

T = TypeVar("T")
Seconds = Union[int, float, datetime.timedelta]


def _seconds(time: Optional[Seconds]) -> Optional[int]:
    """Whole seconds, rounded up."""
    if time is None:
        return None
    number = time.total_seconds() if isinstance(time, datetime.timedelta) else time
    return int(-(-number // 1))


def _one(kind: Type[T]) -> Callable[[list[dict[str, Any]]], T]:
    return lambda replies: _wire.decode(kind, replies[-1])


def _member(kind: Any, name: str) -> Callable[[list[dict[str, Any]]], Any]:
    """Of the replies one member, which is there, of this type; lists of all replies together."""

    def parse(replies: list[dict[str, Any]]) -> Any:
        found = [_wire.member(kind, reply, name) for reply in replies]
        return sum(found, []) if isinstance(found[-1], list) else found[-1]

    return parse


def _nothing(replies: list[dict[str, Any]]) -> None:
    return None


def _call(
    method: str, parse: Callable[[list[dict[str, Any]]], T], **parameters: Any
) -> Call[T]:
    return Call("io.cfgd." + method, _wire.present(**parameters), parse)


def call(method: str, parameters: Optional[Mapping[str, Any]] = None) -> Call[dict[str, Any]]:
    """Calls any method, by its qualified name: `io.cfgd.Service.Usage`. The parameters of the reply."""
    return Call(method, dict(parameters or {}), lambda replies: replies[-1])


# Reading


def read(keys: Iterable[str]) -> Call[model.Snapshot]:
    """The effective values of several keys, all of one revision.

    A key may name a namespace, a subtree, a value, or a place in an array: `site.menu[0].url`.
    """
    return _call("Config.Get", _one(model.Snapshot), keys=list(keys))


def list_values(prefix: Optional[str] = None) -> Call[model.Snapshot]:
    """The leaves at and below `prefix`, in key order, all of one revision; absent: all."""

    def parse(replies: list[dict[str, Any]]) -> model.Snapshot:
        values: dict[str, Any] = {}
        for reply in replies:
            values.update(reply.get("values") or {})
        return model.Snapshot(values, [], _wire.member(int, replies[-1], "revision"))

    parameters = _wire.present(prefix=prefix)
    return Call("io.cfgd.Config.List", parameters, parse, more=True)


def explain(key: str) -> Call[model.Explanation]:
    """Every layer that sets `key`, the winner first, and the schema that governs it."""
    return _call("Config.Explain", _one(model.Explanation), key=key)


def validate(
    namespace: str, document: Optional[Mapping[str, Any]] = None
) -> Call[model.Validation]:
    """What schemas and rules say about `document` as if it were the effective one of `namespace`."""
    return _call("Config.Validate", _one(model.Validation), namespace=namespace, document=document)


# Changing


def set(  # noqa: A001
    values: Optional[Mapping[str, Any]] = None,
    *,
    unset: Iterable[str] = (),
    if_revision: Optional[int] = None,
    dry_run: bool = False,
    comment: Optional[str] = None,
    confirm: Optional[Seconds] = None,
    expire: Optional[Seconds] = None,
    text: bool = False,
) -> Call[model.Commit]:
    """Changes the override layer, all of it or nothing; returns when the change is durable.

    Raises Invalid with the issues, RevisionMismatch, ReadOnly, StoreFailed.

    if_revision: fail unless the service is still at this revision. dry_run: check everything, change
    nothing. confirm: undo it after this time unless it is confirmed. expire: let it end then. text: the
    values were written without types, so that schemas decide about them.
    """
    return _call(
        "Config.Set",
        _one(model.Commit),
        values=values or None,
        unset=list(unset) or None,
        ifRevision=if_revision,
        dryRun=dry_run or None,
        comment=comment,
        confirmSeconds=_seconds(confirm),
        expireSeconds=_seconds(expire),
        text=text or None,
    )


def list_overrides(prefix: Optional[str] = None) -> Call[list[model.Override]]:
    """The keys at and below `prefix` that are set in the override layer."""
    parameters = _wire.present(prefix=prefix)
    parse = _member(list[model.Override], "overrides")
    return Call("io.cfgd.Config.ListOverrides", parameters, parse, more=True)


def sync() -> Call[int]:
    """Waits until every file saved before the call is effective or was rejected. The revision then."""
    return _call("Config.Sync", _member(int, "revision"))


def list_pending() -> Call[list[model.Pending]]:
    """Changes that are undone unless confirmed, or that expire; the next one first."""
    return _call("Config.ListPending", _member(list[model.Pending], "pending"))


def confirm(revision: int) -> Call[None]:
    """Makes a pending change permanent. Raises NoSuchPending."""
    return _call("Config.Confirm", _nothing, revision=revision)


def extend(revision: int, time: Seconds) -> Call[str]:
    """Moves the deadline of a pending change to `time` from now. The new deadline."""
    deadline = _member(str, "deadline")
    return _call("Config.Extend", deadline, revision=revision, seconds=_seconds(time))


# History


def log(
    prefix: Optional[str] = None,
    *,
    after: Optional[int] = None,
    before: Optional[int] = None,
    since: Optional[str] = None,
    limit: Optional[int] = None,
    values: bool = False,
) -> Call[model.ChangeLog]:
    """Changes, the newest first, ten unless there is a limit. `after`, `before`: revisions.

    `since`: RFC 3339. `values`: also the values before and after.
    """
    return _call(
        "History.Log",
        _one(model.ChangeLog),
        prefix=prefix,
        afterRevision=after,
        beforeRevision=before,
        since=since,
        limit=limit,
        values=values or None,
    )


def diff(
    start: int, to: Optional[int] = None, *, prefix: Optional[str] = None
) -> Call[model.Difference]:
    """The values that differ between two revisions; `to` absent: the current one."""
    parameters = _wire.present(**{"from": start, "to": to, "prefix": prefix})
    return Call("io.cfgd.History.Diff", parameters, _one(model.Difference))


def get_at(keys: Iterable[str], revision: int) -> Call[model.PastValues]:
    """Values as they were. Raises NoSuchRevision."""
    return _call("History.GetAt", _one(model.PastValues), keys=list(keys), revision=revision)


def rollback(
    revision: int,
    namespace: Optional[str] = None,
    *,
    if_revision: Optional[int] = None,
    dry_run: bool = False,
    comment: Optional[str] = None,
    confirm: Optional[Seconds] = None,
    soft: bool = False,
) -> Call[model.Commit]:
    """Makes the effective values what they were, as a new revision.

    `soft`: an edit of a file that changes a key removes the override of that key.
    """
    return _call(
        "History.Rollback",
        _one(model.Commit),
        revision=revision,
        namespace=namespace,
        ifRevision=if_revision,
        dryRun=dry_run or None,
        comment=comment,
        confirmSeconds=_seconds(confirm),
        soft=soft or None,
    )


def blame(namespace: str) -> Call[model.Blame]:
    """For each key of a namespace the change that gave it its value."""
    return _call("History.Blame", _one(model.Blame), namespace=namespace)


# The service


def status() -> Call[model.Status]:
    """The state of the service."""
    return _call("Service.Status", _one(model.Status))


def sources() -> Call[list[model.Source]]:
    """Every file that the service reads, with its state."""
    return _call("Service.Sources", _member(list[model.Source], "sources"))


def health() -> Call[model.Health]:
    """The latest result of every health check."""
    return _call("Service.Health", _one(model.Health))


def reload() -> Call[int]:
    """Reads all files and settings again. The revision then. Raises BadSettings."""
    return _call("Service.Reload", _member(int, "revision"))


# Consumers


def acknowledge(
    consumer: str, revision: int, ok: bool = True, message: Optional[str] = None
) -> Call[None]:
    """Says that `consumer` has applied everything up to `revision`, or (not ok) why it could not."""
    return _call(
        "Config.Acknowledge",
        _nothing,
        consumer=consumer,
        revision=revision,
        ok=ok,
        message=message,
    )


def consumers() -> Call[list[model.Consumer]]:
    """The known consumers, and what each has applied."""
    return _call("Config.Consumers", _member(list[model.Consumer], "consumers"))


def wait_applied(
    revision: int, consumers: Iterable[str] = (), *, time: Optional[Seconds] = None
) -> Call[model.Applied]:
    """Waits until all consumers of what `revision` changed have applied it, or those named here."""
    seconds = _seconds(time)
    parameters = _wire.present(
        revision=revision, consumers=list(consumers) or None, seconds=seconds
    )
    waits = 30 if seconds is None else seconds  # as the service does
    return Call("io.cfgd.Config.WaitApplied", parameters, _one(model.Applied), False, waits)


def forget_consumer(consumer: str) -> Call[None]:
    """Removes a consumer that is gone. Raises NoSuchConsumer."""
    return _call("Config.ForgetConsumer", _nothing, consumer=consumer)


# By one key


def value_of(key: str) -> Call[tuple[bool, Any]]:
    """Whether `key` has a value, and the value."""

    def parse(replies: list[dict[str, Any]]) -> tuple[bool, Any]:
        found: dict[str, Any] = _wire.member(dict[str, Any], replies[-1], "values")
        return (True, next(iter(found.values()))) if found else (False, None)

    return _call("Config.Get", parse, keys=[key])
