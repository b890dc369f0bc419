"""What both clients have in common and is not I/O: transactions, and one watch's way to its client."""

from __future__ import annotations

from typing import Any, Iterator, Optional, TypeVar, Union

from . import _calls
from ._calls import Seconds
from ._protocol import Call
from ._watch import WatchFlow
from .model import Commit, Event

D = TypeVar("D")

LIMIT = 30.0
READ_BYTES = 256 * 1024


def value_or_default(found: tuple[bool, Any], default: D) -> Union[Any, D]:
    return found[1] if found[0] else default


def value_or_raise(found: tuple[bool, Any], key: str) -> Any:
    if not found[0]:
        raise KeyError(key)
    return found[1]


class Changes:
    """Changes that are collected in a block, and made together when it ends without an exception.

        with service.transaction(comment="campaign") as change:
            change["site.title"] = "Spring sale"
            del change["site.banner"]
        print(change.commit.revision)
    """

    def __init__(
        self,
        *,
        if_revision: Optional[int] = None,
        dry_run: bool = False,
        comment: Optional[str] = None,
        confirm: Optional[Seconds] = None,
        expire: Optional[Seconds] = None,
    ) -> None:
        self.values: dict[str, Any] = {}
        self._unset: dict[str, None] = {}
        self._commit: Optional[Commit] = None
        self._if_revision = if_revision
        self._dry_run = dry_run
        self._comment = comment
        self._confirm = confirm
        self._expire = expire

    def __setitem__(self, key: str, value: Any) -> None:
        self._unset.pop(key, None)
        self.values[key] = value

    def __delitem__(self, key: str) -> None:
        self.values.pop(key, None)
        self._unset[key] = None

    def __iter__(self) -> Iterator[str]:
        yield from self.values
        yield from self._unset

    @property
    def commit(self) -> Commit:
        """What the change did, after the block."""
        if self._commit is None:
            raise ValueError("the transaction has not been made")
        return self._commit

    def call(self) -> Optional[Call[Commit]]:
        """None if nothing was changed."""
        if not self.values and not self._unset:
            return None
        return _calls.set(
            self.values,
            unset=self._unset,
            if_revision=self._if_revision,
            dry_run=self._dry_run,
            comment=self._comment,
            confirm=self._confirm,
            expire=self._expire,
        )


class WatchState:
    """Of both kinds of watches."""

    def __init__(self, flow: WatchFlow, consumer: Optional[str]) -> None:
        self._flow = flow
        self._consumer = consumer

    @property
    def revision(self) -> Optional[int]:
        """Up to which everything was reported; as `after_revision` it continues the watch later."""
        return self._flow.progress.revision

    @property
    def store_id(self) -> Optional[str]:
        """The store that `revision` is of; for `store_id`."""
        return self._flow.progress.store_id

    @property
    def lost(self) -> Optional[Exception]:
        """Why the connection is gone, until the service has answered on the next one."""
        return self._flow.lost

    def _acknowledgement(
        self, what: Union[Event, int], ok: bool, message: Optional[str]
    ) -> Call[None]:
        if self._consumer is None:
            raise ValueError("a watch without a consumer has nothing to acknowledge")
        revision = what.revision if isinstance(what, Event) else what
        return _calls.acknowledge(self._consumer, revision, ok, message)
