"""What happens on a connection, as flows: generators that yield what to do and get what came of it.

A flow decides and does no I/O. A driver, blocking or for asyncio, performs each action and sends back
its result, or throws its exception in; the value of the flow is the result of the call. After a flow
has ended the driver closes the socket unless `connected`.

    Connect(path)     OSError or None   connect(2), which never blocks on a Unix socket
    Send(data)        None              all of it; OSError
    Receive()         bytes             some; empty at the end of the stream; OSError
    Idle()            bool              whether the connection is open and has nothing to be read
    Pause(seconds)    None

Send and Receive raise TimedOut when their deadline (of time.monotonic()) is over.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from typing import Any, Callable, Generator, Mapping, Optional, TypeVar, Union

from ._protocol import Call, Conversation, Reply, encode, socket_paths, unreachable
from .errors import Closed, ProtocolError, ServiceError, TimedOut

T = TypeVar("T")


@dataclass(frozen=True)
class Connect:
    path: str


@dataclass(frozen=True)
class Send:
    data: bytes
    deadline: Optional[float]


@dataclass(frozen=True)
class Receive:
    deadline: Optional[float]


@dataclass(frozen=True)
class Idle:
    pass


@dataclass(frozen=True)
class Pause:
    seconds: float


Action = Union[Connect, Send, Receive, Idle, Pause]
Flow = Generator[Action, Any, T]

# No descriptor reports that the backlog of a listener has room again.
_BACKLOG_RETRY = 0.01


class Session:
    """One connection, made when it is needed, and again after it broke.

    A call is never repeated: it may have been made.
    """

    def __init__(
        self,
        address: Optional[str],
        time_limit: Optional[float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._limit = time_limit
        self._clock = clock
        self._conversation = Conversation()
        self.connected = False

    def deadline(self, extra: float = 0.0) -> Optional[float]:
        return None if self._limit is None else self._clock() + self._limit + extra

    def after(self, seconds: Optional[float]) -> Optional[float]:
        return None if seconds is None else self._clock() + seconds

    def remaining(self, end: Optional[float]) -> Optional[float]:
        """Seconds until `end`, not below 0; None: there is no end."""
        return None if end is None else max(0.0, end - self._clock())

    def connect(self, until: Optional[float] = None) -> Flow[None]:
        """Makes sure that there is a connection. One that the service has closed is made again.

        `until`: raises TimedOut then, not after the time limit."""
        if self.connected and (yield Idle()):
            return
        self.connected = False
        self._conversation = Conversation()
        paths = socket_paths(self._address)
        deadline = self.deadline() if until is None else until
        while True:
            path = paths[0]
            failed: Optional[OSError] = yield Connect(path)
            if failed is None:
                self.connected = True
                return
            if len(paths) > 1:
                paths.pop(0)
            elif failed.errno != errno.EAGAIN:
                nobody = failed.errno in (errno.ENOENT, errno.ECONNREFUSED)
                why = os.strerror(failed.errno or 0)
                raise unreachable(path, why, nobody) from failed
            elif deadline is not None and self._clock() >= deadline:
                raise TimedOut(f"cannot connect to '{path}': the service did not answer in time")
            else:
                yield Pause(_BACKLOG_RETRY)

    def run(self, call: Call[T]) -> Flow[T]:
        """Makes one call on a connection that has no other under way."""
        yield from self.begin(call.method, call.parameters, call.more, call.seconds)
        replies = []
        intact = False
        try:
            while True:
                reply = yield from self.reply(self.deadline(call.seconds))
                replies.append(reply.parameters)
                if not reply.continues:
                    break
                if not call.more:
                    raise ProtocolError(f"{call.method}: more replies than were asked for")
            intact = True
        except ServiceError:
            intact = True
            raise
        finally:
            self.connected = self.connected and intact
        try:
            return call.parse(replies)
        except ValueError as why:
            raise ProtocolError(f"unexpected reply to {call.method}: {why}") from None

    def begin(
        self,
        method: str,
        parameters: Mapping[str, Any],
        more: bool,
        extra: float = 0.0,
        until: Optional[float] = None,
    ) -> Flow[None]:
        """Connects and sends a call. `until` as for connect()."""
        data = encode(method, parameters, more)
        yield from self.connect(until)
        self.connected = False  # while only a part of it has been sent
        try:
            yield Send(data, self.deadline(extra) if until is None else until)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a service that refuses the connection has said why before it closed
        except OSError as why:
            raise why if isinstance(why, TimedOut) else Closed(str(why)) from why
        self.connected = True

    def reply(self, deadline: Optional[float]) -> Flow[Reply]:
        """The next reply. Raises TimedOut without a loss: it may be called again."""
        while True:
            reply = self._conversation.next()
            if reply is not None:
                return reply
            try:
                data: bytes = yield Receive(deadline)
            except OSError as why:
                raise why if isinstance(why, TimedOut) else Closed(str(why)) from why
            self._conversation.feed(data)
