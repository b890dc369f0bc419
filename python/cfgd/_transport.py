"""The system calls of both clients: a socket that never blocks by itself."""

from __future__ import annotations

import socket
from typing import Optional, Union


def connect(path: str) -> Union[socket.socket, OSError]:
    """A connected socket. connect(2) never is in progress on a Unix socket: it connects or fails, with
    EAGAIN while the backlog of the listener is full."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        made.connect(path)
    except OSError as why:
        made.close()
        return why
    return made


def is_idle(connected: Optional[socket.socket]) -> bool:
    """Whether it is open and has nothing to be read: no end of the stream, and no word of it."""
    if connected is None:
        return False
    try:
        connected.setblocking(False)  # a socket with a time limit waits in spite of MSG_DONTWAIT
        connected.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
