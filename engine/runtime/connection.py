"""A client's connection to the supervisor."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import Any

from engine.errors import PlaygroundError
from engine.message import Message
from engine.runtime.request_ticket import LATE, TAKEN, RequestTicket

GRACE_SECONDS = 20.0


class UnconfirmedRequest(PlaygroundError):
    """The supervisor has accepted a request and did not confirm it in time: it will still be done."""


class RpcConnection:
    """Connection of a client to the supervisor; a thread of its own resolves the answers."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.open = True
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._count = 0
        threading.Thread(target=self._listen, name="fleet-line", daemon=True).start()

    def alive(self) -> bool:
        """Whether the other side is there, as far as the system knows."""
        try:
            return self.open and self.line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True  # there is nothing to hear, which is how a line should be
        except OSError:
            return False

    def ask(self, request: dict[str, Any], ticket: RequestTicket, grace: float = 0.0) -> dict[str, Any]:
        """Ask and wait until the ticket's time, and longer if what was asked has been taken on.

        Raises: ConnectionError when the supervisor goes away, PlaygroundError for what it says.
        """
        answer: Future[dict[str, Any]] = Future()
        with self._sending:
            if not self.open:
                raise ConnectionError
            self._count += 1
            number = self._count
            self._waiting[number] = answer  # before it is sent: the answer may be faster than this thread
            try:
                self.line.sendall(json.dumps({"id": number, **request, **ticket.to_json()}).encode() + b"\n")
            except OSError as error:
                del self._waiting[number]
                raise ConnectionResetError from error
        try:
            found = self._result(answer, ticket, grace)
        finally:
            self._waiting.pop(number, None)
        if "error" in found:
            raise PlaygroundError(Message.of(found["error"]))
        ok: dict[str, Any] = found["ok"]
        return ok

    @staticmethod
    def _result(answer: Future[dict[str, Any]], ticket: RequestTicket, grace: float) -> dict[str, Any]:
        try:
            return answer.result(max(0.0, ticket.until - time.monotonic()))
        except Late:
            if ticket.withdraw() and not answer.done():
                raise PlaygroundError(LATE) from None
        try:
            return answer.result(max(grace, GRACE_SECONDS))
        except Late:
            raise UnconfirmedRequest(TAKEN) from None

    def close(self) -> None:
        """Close the connection."""
        self.open = False
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        try:
            with self.line.makefile("rb") as lines:
                for text in lines:
                    answer = json.loads(text)
                    if waiting := self._waiting.pop(answer["id"], None):
                        waiting.set_result(answer)
        except OSError:
            pass
        with self._sending:  # whoever asks after this finds the connection closed, and waits for nothing
            self.open = False
            self.line.close()
            waiting_ones, self._waiting = list(self._waiting.values()), {}
        for waiting in waiting_ones:
            waiting.set_exception(ConnectionResetError())
