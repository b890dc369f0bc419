"""The client for asyncio. It belongs to one event loop."""

from __future__ import annotations

import asyncio
import functools
import socket
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Optional, Type, TypeVar, Union
from typing import cast

from . import _calls, _transport
from ._protocol import Call
from ._session import Action, Connect, Flow, Idle, Pause, Receive, Send, Session
from ._shared import LIMIT, READ_BYTES, Changes, WatchState, value_or_default, value_or_raise
from ._watch import WatchFlow, WatchOptions
from .errors import TimedOut
from .model import Event

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")
D = TypeVar("D")


def _awaited(
    build: Callable[P, Call[T]]
) -> Callable[Concatenate[Client, P], Coroutine[Any, Any, T]]:
    """The method that makes the call; its result is awaited."""

    @functools.wraps(build)
    async def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(build(*args, **kwargs))

    return method


class _Driver:
    """Performs what a flow asks for on the event loop.

    It waits only until a socket is ready, and receives without waiting: a cancelled wait loses nothing.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._socket: Optional[socket.socket] = None
        self._waiting: Optional[asyncio.Future[bool]] = None
        self._closed = False

    async def drive(self, flow: Flow[T]) -> T:
        self._closed = False
        try:
            action = next(flow)
            while True:
                try:
                    answer = await self._perform(action)
                except BaseException as why:
                    action = flow.throw(why)
                else:
                    action = flow.send(answer)
        except StopIteration as end:
            return cast(T, end.value)
        finally:
            if not self._session.connected:
                self._drop()

    def close(self) -> None:
        """Closes the socket; what waits fails, and a pause ends."""
        self._closed = True
        self._session.connected = False
        if self._waiting is None:
            self._drop()
        else:
            _wake(self._waiting, True)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    async def _perform(self, action: Action) -> Any:
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
            return await self._wait(action.seconds)
        if isinstance(action, Receive):
            while True:
                try:
                    return self._connected().recv(READ_BYTES)
                except BlockingIOError:
                    await self._ready(action)
        left = memoryview(action.data)
        while left:
            try:
                left = left[self._connected().send(left) :]
            except BlockingIOError:
                await self._ready(action)

    def _connected(self) -> socket.socket:
        if self._socket is None or self._closed:
            raise OSError("the connection is closed")
        return self._socket

    async def _ready(self, action: Union[Send, Receive]) -> None:
        loop = asyncio.get_running_loop()
        number = self._connected().fileno()
        receives = isinstance(action, Receive)
        watch, forget = (
            (loop.add_reader, loop.remove_reader)
            if receives
            else (loop.add_writer, loop.remove_writer)
        )
        left = None if action.deadline is None else max(0.0, action.deadline - time.monotonic())
        try:
            ready = await self._wait(left, lambda future: watch(number, _wake, future, True))
        finally:
            forget(number)
        if not ready:
            raise TimedOut("the service did not answer in time")

    async def _wait(
        self,
        seconds: Optional[float],
        begin: Callable[[asyncio.Future[bool]], None] = lambda future: None,
    ) -> bool:
        """Whether something ended it before the time was over."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _wake, future, False)
        self._waiting = future
        try:
            begin(future)
            return await future
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()


def _wake(future: asyncio.Future[bool], how: bool) -> None:
    if not future.done():
        future.set_result(how)


class Client:
    """A connection to the service, made when it is first used, and again after it broke.

        async with cfgd.aio.Client() as service:
            title = await service["site.title"]
            port = await service.get("site.port", 80)
            await service.set({"site.title": "Spring sale"})

    Tasks may share a client: their calls go out one after the other. A call that was under way when the
    connection broke is not repeated. Varlink has no cancellation: cancelling a call that waits for its
    reply closes the connection.
    """

    def __init__(self, address: Optional[str] = None, *, time_limit: Optional[float] = LIMIT) -> None:
        """As cfgd.Client."""
        self._address = address
        self._time_limit = time_limit
        self._session = Session(address, time_limit)
        self._driver = _Driver(self._session)
        self._turn: Optional[asyncio.Lock] = None

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    async def connect(self) -> None:
        """Makes sure that there is a connection. Raises Unreachable, TimedOut."""
        async with self._lock():
            await self._driver.drive(self._session.connect())

    def close(self) -> None:
        """Closes the connection; a call under way raises Closed. The client can be used again."""
        self._driver.close()

    def _lock(self) -> asyncio.Lock:
        if self._turn is None:  # in Python 3.9 a lock belongs to the loop that it is made in
            self._turn = asyncio.Lock()
        return self._turn

    async def _run(self, call: Call[T]) -> T:
        async with self._lock():
            return await self._driver.drive(self._session.run(call))

    # Values by key

    async def __getitem__(self, key: str) -> Any:
        """`await service[key]`: the effective value. Raises KeyError if it has none."""
        return value_or_raise(await self._run(_calls.value_of(key)), key)

    async def get(self, key: str, default: D = None) -> Union[Any, D]:  # type: ignore[assignment]
        """The effective value of a key, or `default` if it has none."""
        return value_or_default(await self._run(_calls.value_of(key)), default)

    def transaction(self, **how: Any) -> Transaction:
        """Changes of an `async with` block, made together; see Transaction. `how` as for set()."""
        return Transaction(self, **how)

    def watch(self, *prefixes: str, **how: Any) -> Watch:
        """Watches keys and all below them, on a connection of its own; as cfgd.Client.watch()."""
        return Watch(self, WatchOptions(prefixes=prefixes, **how))

    # The methods of the service

    call = _awaited(_calls.call)
    read = _awaited(_calls.read)
    list = _awaited(_calls.list_values)
    explain = _awaited(_calls.explain)
    validate = _awaited(_calls.validate)
    set = _awaited(_calls.set)
    list_overrides = _awaited(_calls.list_overrides)
    sync = _awaited(_calls.sync)
    list_pending = _awaited(_calls.list_pending)
    confirm = _awaited(_calls.confirm)
    extend = _awaited(_calls.extend)
    log = _awaited(_calls.log)
    diff = _awaited(_calls.diff)
    get_at = _awaited(_calls.get_at)
    rollback = _awaited(_calls.rollback)
    blame = _awaited(_calls.blame)
    status = _awaited(_calls.status)
    sources = _awaited(_calls.sources)
    health = _awaited(_calls.health)
    reload = _awaited(_calls.reload)
    acknowledge = _awaited(_calls.acknowledge)
    consumers = _awaited(_calls.consumers)
    wait_applied = _awaited(_calls.wait_applied)
    forget_consumer = _awaited(_calls.forget_consumer)


class Transaction(Changes):
    __doc__ = (Changes.__doc__ or "").replace("with", "async with")

    def __init__(self, client: Client, **how: Any) -> None:
        super().__init__(**how)
        self._client = client

    async def __aenter__(self) -> Transaction:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        call = self.call()
        if kind is None and call is not None:
            made = await self._client._run(call)
            self._commit = made


class Watch(WatchState):
    """As cfgd.Watch, with `async with` and `async for`. Cancelling a wait for an event loses none."""

    def __init__(self, client: Client, options: WatchOptions) -> None:
        self._session = Session(client._address, client._time_limit)
        super().__init__(WatchFlow(self._session, options), options.consumer)
        self._client = client
        self._driver = _Driver(self._session)

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        event = await self.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None after `timeout` seconds, and when the watch is closed."""
        return await self._driver.drive(self._flow.next(timeout))

    async def acknowledge(
        self, what: Union[Event, int], ok: bool = True, message: Optional[str] = None
    ) -> None:
        """Says that everything up to an event (or a revision) is applied, or why it could not be."""
        await self._client._run(self._acknowledgement(what, ok, message))

    def close(self) -> None:
        """Ends the watch; a next() under way then gives None."""
        self._flow.closed = True
        self._driver.close()
