"""A watch over any number of connections, without I/O: what a reply means, when to connect again, and
from where to continue.

On one connection the watch is in one of two states. While it collects, replies are parts of one state,
which is reported whole when the reply with `ready` has come. Otherwise each reply is one revision, and
reported at once. A reply that has only a revision is progress, from which a reconnect continues.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, Optional, Sequence

from . import _wire
from ._session import Flow, Pause, Session
from .errors import CfgdError, Closed, InternalError, LimitExceeded, ProtocolError, ServiceError
from .errors import StoreFailed, TimedOut
from .model import Event


@dataclass(frozen=True)
class WatchOptions:
    prefixes: Sequence[str] = ()
    after_revision: Optional[int] = None
    store_id: Optional[str] = None
    consumer: Optional[str] = None
    hidden: bool = False
    secrets: bool = True
    wait_for_service: bool = False
    shortest_wait: float = 0.1
    longest_wait: float = 5.0


class Progress:
    """What was reported, and what a reply adds to it."""

    def __init__(self, after_revision: Optional[int], store_id: Optional[str]) -> None:
        self.revision = after_revision
        self.store_id = store_id
        self.collecting = False
        self._collected: Optional[Event] = None
        self._established = False

    def begin(self) -> None:
        """A connection begins. What was collected on the one before was not reported."""
        self._collected = None
        self.collecting = self.revision is None

    def take(self, reply: Event) -> Optional[Event]:
        """The event that is whole with this reply, if one is."""
        before = self._collected
        continued = before is not None and before.resync and before.revision == reply.revision
        if reply.resync and not continued:
            self._collected = before = None
            self.collecting = True
        if self.collecting:
            return self._collect(before, reply)
        if reply.without_effect:
            return reply
        if not reply.values and not reply.removed:
            self.revision = max(self.revision or 0, reply.revision)
            self.store_id = reply.store_id or self.store_id
            first = reply.ready and not self._established
            self._established = self._established or reply.ready
            return reply if first else None
        if self.revision is not None and reply.revision <= self.revision:
            return None
        self._established = True
        self.revision = reply.revision
        return reply

    def _collect(self, before: Optional[Event], reply: Event) -> Optional[Event]:
        if before is not None:
            reply = replace(
                reply, values={**before.values, **reply.values}, resync=before.resync or reply.resync
            )
        if not reply.ready:
            self._collected = reply
            return None
        # Every state but the first one voids what was reported before.
        state = replace(reply, resync=reply.resync or self._established)
        self._collected = None
        self.collecting = False
        self._established = True
        self.revision = state.revision
        self.store_id = state.store_id
        return state


class BackOff:
    """Waits between attempts: they double, and chance shortens each by up to half."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest = shortest
        self._longest = max(shortest, longest)
        self._next = shortest

    def next(self, spread: float) -> float:
        wait = self._next
        self._next = min(wait * 2, self._longest)
        return wait * (1 - spread / 2)

    def reset(self) -> None:
        self._next = self._shortest


def _sooner(one: Optional[float], other: Optional[float]) -> Optional[float]:
    """The sooner of two deadlines; None: there is none."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


class WatchFlow:
    """The events of a watch; see Session for how its flows are driven."""

    def __init__(self, session: Session, options: WatchOptions) -> None:
        self.progress = Progress(options.after_revision, options.store_id)
        self.session = session
        self.closed = False
        self.lost: Optional[CfgdError] = None
        self._options = options
        self._back_off = BackOff(options.shortest_wait, options.longest_wait)
        self._answered = False
        self._streaming = False
        self._next_attempt: Optional[float] = None
        # When the service has to have answered what it was asked, over any number of next().
        self._due: Optional[float] = None

    def next(self, timeout: Optional[float]) -> Flow[Optional[Event]]:
        """The next event; None after `timeout` seconds, and once the watch is closed."""
        end = self.session.after(timeout)
        while not self.closed:
            wait = self.session.remaining(self._next_attempt)
            if wait:
                left = self.session.remaining(end)
                if left is not None and left < wait:
                    yield Pause(left)
                    return None
                yield Pause(wait)
                continue
            try:
                event = yield from self._step(end)
            except CfgdError as why:
                if self.closed:
                    return None
                if isinstance(why, TimedOut) and end is not None and not self._is_due():
                    return None
                self._on_failure(why)
                continue
            if event is not None:
                return event
        return None

    def _step(self, end: Optional[float]) -> Flow[Optional[Event]]:
        if not (self._streaming and self.session.connected):
            self._streaming = self.session.connected = False
            self.progress.begin()
            if self._due is None:
                self._due = self.session.deadline()
            until = _sooner(self._due, end)
            yield from self.session.begin(
                "io.cfgd.Config.Watch", self._parameters(), True, until=until
            )
            self._streaming = True
            self._due = self.session.deadline()
        reply = yield from self.session.reply(
            _sooner(self._due if self.progress.collecting else None, end)
        )
        self._due = self.session.deadline()
        if not reply.continues:
            raise Closed("the service ended the watch")
        try:
            event = self.progress.take(_wire.decode(Event, reply.parameters))
        except ValueError as why:
            raise ProtocolError(f"unexpected reply to io.cfgd.Config.Watch: {why}") from None
        self._answered = True
        self.lost = None
        self._back_off.reset()
        return event

    def _is_due(self) -> bool:
        """Whether the service is late, and not only the time of one next() over."""
        waits_long = self._streaming and not self.progress.collecting
        return not waits_long and self.session.remaining(self._due) == 0.0

    def _on_failure(self, why: CfgdError) -> None:
        """Arranges the next attempt; raises what ends the watch."""
        self._streaming = self.session.connected = False
        self._due = None
        # Any other refusal would come again.
        passes = isinstance(why, (LimitExceeded, StoreFailed, InternalError))
        if isinstance(why, ServiceError):
            again = self._answered and passes
        else:
            again = self._answered or self._options.wait_for_service
        if not again:
            self.closed = True
            raise why
        self.lost = why
        self._next_attempt = self.session.after(self._back_off.next(random.random()))

    def _parameters(self) -> dict[str, Any]:
        options = self._options
        return dict(
            _wire.present(
                prefixes=list(options.prefixes) or None,
                afterRevision=self.progress.revision,
                storeId=None if self.progress.revision is None else self.progress.store_id,
                consumer=options.consumer,
                hidden=options.hidden or None,
                secrets=None if options.secrets else False,
            )
        )
