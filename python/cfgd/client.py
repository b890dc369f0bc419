"""The client for programs without an event loop: every call waits, at most for the time limit."""

from __future__ import annotations

import functools
import socket
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, ItemsView, Iterator, MutableMapping, Optional, Type
from typing import TypeVar, Union, ValuesView, cast

from . import _calls, _transport
from ._protocol import Call
from ._session import Action, Connect, Flow, Idle, Pause, Receive, Send, Session
from ._shared import LIMIT, READ_BYTES, Changes, WatchState, value_or_default, value_or_raise
from ._watch import WatchFlow, WatchOptions
from .errors import TimedOut
from .keys import key as join
from .keys import relative
from .model import Event

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")
D = TypeVar("D")


def _blocking(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    """The method that makes the call and waits for its result."""

    @functools.wraps(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(build(*args, **kwargs))

    return method


class _Driver:
    """Performs what a flow asks for, blocking. close() by another thread ends it at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._socket: Optional[socket.socket] = None
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def drive(self, flow: Flow[T]) -> T:
        try:
            with self._lock:
                self._closed.clear()
                return self._drive(flow)
        finally:
            self._sweep()

    def _drive(self, flow: Flow[T]) -> T:
        try:
            action = next(flow)
            while True:
                try:
                    answer = self._perform(action)
                except BaseException as why:
                    action = flow.throw(why)
                else:
                    action = flow.send(answer)
        except StopIteration as end:
            return cast(T, end.value)

    def close(self) -> None:
        """Ends what another thread drives; the last of the two closes the socket."""
        self._closed.set()
        used = self._socket
        if used is not None:
            try:
                used.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the service was faster
        self._sweep()

    def _sweep(self) -> None:
        if self._closed.is_set() or not self._session.connected:
            if self._lock.acquire(blocking=False):
                self._session.connected = False
                self._drop()
                self._lock.release()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _perform(self, action: Action) -> Any:
        if isinstance(action, Connect):
            self._drop()
            made = _transport.connect(action.path)
            if isinstance(made, OSError):
                return made
            self._socket = made
            return None
        if isinstance(action, Idle):
            return _transport.is_idle(self._socket)
        if isinstance(action, Pause):
            self._closed.wait(action.seconds)
            return None
        if self._socket is None or self._closed.is_set():
            raise OSError("the connection is closed")
        return self._transfer(self._socket, action)

    @staticmethod
    def _transfer(connected: socket.socket, action: Union[Send, Receive]) -> Any:
        left = None if action.deadline is None else action.deadline - time.monotonic()
        try:
            # 0 would be a socket that does not wait: what is there already is still taken.
            connected.settimeout(None if left is None else max(left, 0.000001))
            if isinstance(action, Send):
                return connected.sendall(action.data)
            return connected.recv(READ_BYTES)
        except socket.timeout:
            raise TimedOut("the service did not answer in time") from None


class Client:
    """A connection to the service, made when it is first used, and again after it broke.

        with cfgd.Client() as service:
            title = service["site.title"]
            port = service.get("site.port", 80)
            service["site.title"] = "Spring sale"

    A call that was under way when the connection broke is not repeated. Threads may share a client:
    their calls go out one after the other.
    """

    def __init__(self, address: Optional[str] = None, *, time_limit: Optional[float] = LIMIT) -> None:
        """`address`: PATH or unix:PATH; absent: $CFGD_SOCKET, else /run/cfgd/io.cfgd.

        `time_limit`: seconds of a call as a whole; None: no limit.
        """
        self._address = address
        self._time_limit = time_limit
        self._session = Session(address, time_limit)
        self._driver = _Driver(self._session)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Makes sure that there is a connection. Raises Unreachable, TimedOut."""
        self._driver.drive(self._session.connect())

    def close(self) -> None:
        """Closes the connection; a call under way raises Closed. The client can be used again."""
        self._driver.close()

    def _run(self, call: Call[T]) -> T:
        return self._driver.drive(self._session.run(call))

    # Values by key

    def __getitem__(self, key: str) -> Any:
        """The effective value of a key, a subtree or a namespace. Raises KeyError if it has none."""
        return value_or_raise(self._run(_calls.value_of(key)), key)

    def get(self, key: str, default: D = None) -> Union[Any, D]:  # type: ignore[assignment]
        """The effective value of a key, or `default` if it has none."""
        return value_or_default(self._run(_calls.value_of(key)), default)

    def __contains__(self, key: str) -> bool:
        return self._run(_calls.value_of(key))[0]

    def __setitem__(self, key: str, value: Any) -> None:
        """Sets a key in the override layer, as set() does."""
        self.set({key: value})

    def __delitem__(self, key: str) -> None:
        """Removes a key from the override layer: the value of the layers below shows again."""
        self.set(unset=[key])

    def namespace(self, *parts: str) -> View:
        """A namespace or a subtree of one as a mapping: `service.namespace("site")["title"]`."""
        return View(self, join(*parts))

    def transaction(self, **how: Any) -> Transaction:
        """Changes of a `with` block, made together; see Transaction. `how` as for set()."""
        return Transaction(self, **how)

    def watch(self, *prefixes: str, **how: Any) -> Watch:
        """Watches keys and all below them, on a connection of its own; without any, everything.

        after_revision, store_id: continue after what Watch.revision and .store_id said. consumer: the
        name under which this program is known and acknowledges. hidden: also edits without effect.
        secrets=False: leave out secrets. wait_for_service: wait also for the first connection.
        shortest_wait, longest_wait: seconds between attempts to connect again.
        """
        return Watch(self, WatchOptions(prefixes=prefixes, **how))

    # The methods of the service

    call = _blocking(_calls.call)
    read = _blocking(_calls.read)
    list = _blocking(_calls.list_values)
    explain = _blocking(_calls.explain)
    validate = _blocking(_calls.validate)
    set = _blocking(_calls.set)
    list_overrides = _blocking(_calls.list_overrides)
    sync = _blocking(_calls.sync)
    list_pending = _blocking(_calls.list_pending)
    confirm = _blocking(_calls.confirm)
    extend = _blocking(_calls.extend)
    log = _blocking(_calls.log)
    diff = _blocking(_calls.diff)
    get_at = _blocking(_calls.get_at)
    rollback = _blocking(_calls.rollback)
    blame = _blocking(_calls.blame)
    status = _blocking(_calls.status)
    sources = _blocking(_calls.sources)
    health = _blocking(_calls.health)
    reload = _blocking(_calls.reload)
    acknowledge = _blocking(_calls.acknowledge)
    consumers = _blocking(_calls.consumers)
    wait_applied = _blocking(_calls.wait_applied)
    forget_consumer = _blocking(_calls.forget_consumer)


class Transaction(Changes):
    __doc__ = Changes.__doc__

    def __init__(self, client: Client, **how: Any) -> None:
        super().__init__(**how)
        self._client = client

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        call = self.call()
        if kind is None and call is not None:
            self._commit = self._client._run(call)


class View(MutableMapping[str, Any]):
    """A namespace or a subtree as a mapping from key to effective value.

    Keys are relative, and those of the leaves when it is iterated over. Each access is a call; take
    `dict(view.items())` for values of one revision. Assignment changes the override layer.
    """

    def __init__(self, client: Client, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def __getitem__(self, key: str) -> Any:
        return self._client[f"{self._prefix}.{key}"]

    def __setitem__(self, key: str, value: Any) -> None:
        self._client[f"{self._prefix}.{key}"] = value

    def __delitem__(self, key: str) -> None:
        del self._client[f"{self._prefix}.{key}"]

    def _leaves(self) -> dict[str, Any]:
        found = self._client.list(self._prefix).values
        return {relative(key, self._prefix): value for key, value in found.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._leaves())

    def __len__(self) -> int:
        return len(self._leaves())

    def items(self) -> ItemsView[str, Any]:
        """All leaves, of one revision."""
        return self._leaves().items()

    def values(self) -> ValuesView[Any]:
        """Of all leaves, of one revision."""
        return self._leaves().values()

    def clear(self) -> None:
        """Removes all overrides at and below it, in one change. The values of files stay."""
        keys = [one.key for one in self._client.list_overrides(self._prefix)]
        if keys:
            self._client.set(unset=keys)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and f"{self._prefix}.{key}" in self._client

    def __repr__(self) -> str:
        return f"<cfgd.View of {self._prefix}>"


class Watch(WatchState):
    """Every revision of the watched keys once, in order, whole; over any number of reconnects.

        with service.watch("site", consumer="web") as watch:
            for event in watch:
                apply(event.values, event.removed)
                watch.acknowledge(event)

    The first event is the whole state (`ready`), unless the watch continues after a revision. Where the
    service no longer has the history an event has `resync` and is the whole state. A lost connection is
    made again for as long as it takes; `lost` says why it is gone. Raises what the service refused, and
    before the first event also Unreachable, TimedOut, Closed, unless `wait_for_service`.
    """

    def __init__(self, client: Client, options: WatchOptions) -> None:
        self._session = Session(client._address, client._time_limit)
        super().__init__(WatchFlow(self._session, options), options.consumer)
        self._client = client
        self._driver = _Driver(self._session)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Event:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None after `timeout` seconds, and when the watch is closed."""
        return self._driver.drive(self._flow.next(timeout))

    def acknowledge(
        self, what: Union[Event, int], ok: bool = True, message: Optional[str] = None
    ) -> None:
        """Says that everything up to an event (or a revision) is applied, or why it could not be."""
        self._client._run(self._acknowledgement(what, ok, message))

    def close(self) -> None:
        """Ends the watch; a next() of another thread then gives None."""
        self._flow.closed = True
        self._driver.close()
