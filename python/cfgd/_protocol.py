"""Varlink without I/O: bytes and calls on one connection, and where the service listens.

Replies have no numbers: they belong to calls by their order. What breaks that order (a reply that is
missed, broken or abandoned) is the end of the connection.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Callable, Generic, Mapping, NoReturn, Optional, TypeVar

from .errors import Closed, ProtocolError, Unreachable, from_reply
from .model import RefusedReply

T = TypeVar("T")

DEFAULT_SOCKET = "/run/cfgd/io.cfgd"
# The largest reply of the service.
_MOST_REPLY_BYTES = 16 * 1024 * 1024
# Of sockaddr_un, with the NUL.
_MOST_PATH_BYTES = 108


@dataclass(frozen=True)
class Call(Generic[T]):
    """A method, its parameters, and how its replies become a result.

    `more`: several replies are welcome. `seconds`: how much longer than the time limit the answer may
    take, because the call itself waits.
    """

    method: str
    parameters: Mapping[str, Any]
    parse: Callable[[list[dict[str, Any]]], T]
    more: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Reply:
    parameters: dict[str, Any]
    continues: bool


def encode(method: str, parameters: Mapping[str, Any], more: bool) -> bytes:
    """The frame of a call. Raises ValueError or TypeError for what is not JSON."""
    message: dict[str, Any] = {"method": method, "parameters": parameters}
    if more:
        message["more"] = True
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\0"


class Conversation:
    """What was received on one connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> None:
        """`data` was received; nothing: the service has closed the connection."""
        if not data:
            raise Closed("the service closed the connection")
        self._buffer += data

    def next(self) -> Optional[Reply]:
        """The next reply, or None until more is received. Raises a ServiceError that was replied."""
        end = self._buffer.find(b"\0", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > _MOST_REPLY_BYTES:
                raise ProtocolError(f"the reply is larger than {_MOST_REPLY_BYTES} bytes")
            return None
        text = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return _parse(text)


def _parse(text: bytes) -> Reply:
    try:
        message = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as why:
        raise ProtocolError(f"the service sent an invalid reply: {why}") from None
    if not isinstance(message, dict):
        raise ProtocolError("the service sent an invalid reply: it is not an object")
    parameters = message.get("parameters")
    error = message.get("error")
    continues = message.get("continues")
    if parameters is None:
        parameters = {}
    fits = isinstance(parameters, dict) and isinstance(error, (str, type(None)))
    if not fits or not isinstance(continues, (bool, type(None))):
        raise ProtocolError("the service sent an invalid reply: a member has the wrong type")
    if error is not None:
        raise from_reply(RefusedReply(error, parameters))
    return Reply(parameters, bool(continues))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"'{constant}' is not JSON")


def socket_paths(address: Optional[str]) -> list[str]:
    """Where to connect, the first that answers: `address`, else $CFGD_SOCKET, else the default.

    `address` is PATH or unix:PATH. At the default place administrators try their own socket first.
    Raises Unreachable for an address of another kind.
    """
    given = address or os.environ.get("CFGD_SOCKET") or DEFAULT_SOCKET
    path = given
    if path.startswith("unix:"):
        path = path[len("unix:") :].partition(";")[0]
    why = ""
    if path.startswith("@"):
        why = "abstract sockets are not supported"
    elif path.startswith(("tcp:", "exec:", "ssh")):
        why = "only Unix sockets are supported"
    elif not path or "\0" in path:
        why = "not a valid path"
    elif len(os.fsencode(path)) >= _MOST_PATH_BYTES:
        why = f"the path is longer than the maximum of {_MOST_PATH_BYTES - 1} bytes"
    if why:
        raise unreachable(given, why)
    administrators = DEFAULT_SOCKET + ".admin"
    if path == DEFAULT_SOCKET and os.access(administrators, os.W_OK, effective_ids=True):
        return [administrators, path]
    return [path]


def unreachable(path: str, why: str, nobody: bool = False) -> Unreachable:
    hint = " (is cfgd running?)" if nobody else ""
    return Unreachable(f"cannot connect to '{path}': {why}{hint}")
