"""What the clients raise. Everything is a `CfgdError`.

Only after `Unreachable` and `ServiceError` it is known that nothing was changed. After `TimedOut`,
`Closed` and `ProtocolError` it is not: read the value again, or repeat the change with `if_revision`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from . import _wire
from .model import Issue, RefusedReply


class CfgdError(Exception):
    """Why a call has no result."""


class Unreachable(CfgdError, ConnectionError):
    """There is no connection; the text has the path and the reason."""


class TimedOut(CfgdError, TimeoutError):
    """No reply within the time limit."""


class Closed(CfgdError, ConnectionError):
    """The connection ended before the reply."""


class ProtocolError(CfgdError):
    """The service sent something that is not a valid reply."""


class ServiceError(CfgdError):
    """The service replied with an error; the connection can be used on.

    Errors that have no class of their own, such as those of newer services, are of this one.
    """

    error_name: str
    """Qualified: `io.cfgd.Config.Invalid`."""
    parameters: Mapping[str, Any]
    """As the service sent them; members that this library does not know are in it, too."""

    def __str__(self) -> str:
        text = json.dumps(self.parameters, ensure_ascii=False) if self.parameters else ""
        return f"{self.error_name} {text}".rstrip()


@dataclass(eq=False)
class BadKey(ServiceError):
    """The name is not a valid key."""

    key: str
    message: str


@dataclass(eq=False)
class NoSuchNamespace(ServiceError):
    """The namespace does not exist, or the caller may not read it."""

    namespace: str


@dataclass(eq=False)
class Invalid(ServiceError):
    """Schemas or rules rejected the change."""

    issues: list[Issue]
    more: Optional[int] = None
    """How many issues were left out."""

    def __str__(self) -> str:
        return "; ".join(str(issue) for issue in self.issues) or super().__str__()


@dataclass(eq=False)
class RevisionMismatch(ServiceError):
    """The service is not at the revision of `if_revision`."""

    revision: int
    """The current one."""


@dataclass(eq=False)
class ReadOnly(ServiceError):
    """The key is left to files: by its schema, or by a lock, whose place this is."""

    key: str
    path: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    reason: Optional[str] = None


@dataclass(eq=False)
class StoreFailed(ServiceError):
    """The change could not be made durable."""

    message: str


@dataclass(eq=False)
class LimitExceeded(ServiceError):
    """A limit of the service; `scope` is whose it is, absent: the connection's or the call's."""

    limit: str
    used: int
    maximum: int
    scope: Optional[str] = None


@dataclass(eq=False)
class NoSuchPending(ServiceError):
    """No change of that revision is pending."""

    revision: int


@dataclass(eq=False)
class EditInProgress(ServiceError):
    """Somebody edits files already."""

    uid: int
    deadline: str


@dataclass(eq=False)
class NoEdit(ServiceError):
    """No edit of files is under way."""


@dataclass(eq=False)
class InternalError(ServiceError):
    """The service failed; its log has the reason."""

    message: str


@dataclass(eq=False)
class NoSuchRevision(ServiceError):
    """The revision is not in the history."""

    oldest: int
    newest: int


@dataclass(eq=False)
class BadTime(ServiceError):
    """The time is not valid RFC 3339."""

    time: str


@dataclass(eq=False)
class NoSuchCheck(ServiceError):
    """No health check of that name."""

    name: str


@dataclass(eq=False)
class NoSuchUser(ServiceError):
    """No user of that name."""

    user: str


@dataclass(eq=False)
class NoSuchConsumer(ServiceError):
    """No consumer of that name."""

    consumer: str


@dataclass(eq=False)
class NotDelivered(ServiceError):
    """The consumer has acknowledged a revision that was not delivered to it."""

    consumer: str
    revision: int
    delivered: int


@dataclass(eq=False)
class BadSettings(ServiceError):
    """The settings of the service are not valid; it keeps the previous ones."""

    path: str
    message: str
    line: Optional[int] = None
    column: Optional[int] = None


@dataclass(eq=False)
class KeyIsCredential(ServiceError):
    """The key of secrets is a credential of systemd, which the service cannot replace."""

    message: str


@dataclass(eq=False)
class PermissionDenied(ServiceError, PermissionError):
    """The caller may not do this."""


@dataclass(eq=False)
class InvalidParameter(ServiceError):
    """A parameter is unknown, missing, or of the wrong type."""

    parameter: str


@dataclass(eq=False)
class InterfaceNotFound(ServiceError):
    """The service has no such interface."""

    interface: str


@dataclass(eq=False)
class MethodNotFound(ServiceError):
    """The service has no such method."""

    method: str


@dataclass(eq=False)
class MethodNotImplemented(ServiceError):
    """The method is declared and not available."""

    method: str


@dataclass(eq=False)
class ExpectedMore(ServiceError):
    """The method only answers calls that accept several replies."""


@dataclass(eq=False)
class ExpectedUpgrade(ServiceError):
    """The method only answers calls that upgrade the connection."""


_BY_NAME = {kind.__name__: kind for kind in ServiceError.__subclasses__()}


def from_reply(refused: RefusedReply) -> CfgdError:
    """The exception for an error reply: of the class of its name if its parameters fit."""
    interface, _, last = refused.name.rpartition(".")
    ours = interface.startswith("io.cfgd.") or interface == "org.varlink.service"
    kind = _BY_NAME.get(last) if ours else None
    error: ServiceError = ServiceError()
    if kind is not None:
        try:
            error = _wire.decode(kind, refused.parameters)
        except ValueError:
            pass  # the name and the parameters still say everything
    error.error_name = refused.name
    error.parameters = refused.parameters
    return error
