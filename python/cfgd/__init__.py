"""Read, change and watch the configuration of cfgd, the configuration service of a Linux machine.

    import cfgd

    with cfgd.Client() as service:
        title = service.get("site.title", "no title")
        service["site.title"] = "Spring sale"

`Client` waits for each answer; `cfgd.aio.Client` is the same for asyncio. Everything that fails raises
a `CfgdError`; see cfgd.errors.
"""

from . import aio
from .client import Client, Transaction, View, Watch
from .errors import (
    BadKey,
    BadSettings,
    BadTime,
    CfgdError,
    Closed,
    EditInProgress,
    ExpectedMore,
    ExpectedUpgrade,
    InterfaceNotFound,
    InternalError,
    Invalid,
    InvalidParameter,
    KeyIsCredential,
    LimitExceeded,
    MethodNotFound,
    MethodNotImplemented,
    NoEdit,
    NoSuchCheck,
    NoSuchConsumer,
    NoSuchNamespace,
    NoSuchPending,
    NoSuchRevision,
    NoSuchUser,
    NotDelivered,
    PermissionDenied,
    ProtocolError,
    ReadOnly,
    RevisionMismatch,
    ServiceError,
    StoreFailed,
    TimedOut,
    Unreachable,
)
from .keys import key
from .model import Change, Commit, Consumer, Event, Issue, Origin, Snapshot

__version__ = "0.3.0"

__all__ = [
    "BadKey",
    "BadSettings",
    "BadTime",
    "CfgdError",
    "Change",
    "Client",
    "Closed",
    "Commit",
    "Consumer",
    "EditInProgress",
    "Event",
    "ExpectedMore",
    "ExpectedUpgrade",
    "InterfaceNotFound",
    "InternalError",
    "Invalid",
    "InvalidParameter",
    "Issue",
    "KeyIsCredential",
    "LimitExceeded",
    "MethodNotFound",
    "MethodNotImplemented",
    "NoEdit",
    "NoSuchCheck",
    "NoSuchConsumer",
    "NoSuchNamespace",
    "NoSuchPending",
    "NoSuchRevision",
    "NoSuchUser",
    "NotDelivered",
    "Origin",
    "PermissionDenied",
    "ProtocolError",
    "ReadOnly",
    "RevisionMismatch",
    "ServiceError",
    "Snapshot",
    "StoreFailed",
    "TimedOut",
    "Transaction",
    "Unreachable",
    "View",
    "Watch",
    "aio",
    "key",
]
