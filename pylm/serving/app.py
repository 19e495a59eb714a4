# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The server's routes: /v1/models, /v1/completions, /health, and those of tokenizing.py."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .._model import Model, load
from ..errors import ArgumentError, PylmError
from .completion import Completer
from .request import Request, request_of
from .tokenizing import detokenize, name_of, tokenize, tokenizer_info

SETTINGS = "PYLM_SERVE"  # environment variable by which the processes of a server know what to serve
INVALID = "invalid_request_error"
STEP = 64  # pieces of text between two looks whether the client is still there


@dataclass(frozen=True)
class Settings:
    """How to serve."""

    models: tuple[str, ...]  #: paths of model files
    words: str | None = None  #: a file of words that are given to models of words
    copy: bool | None = None  #: whether models are read into memory, as in `pylm.load()`
    body: int = 1 << 20  #: bytes of a request at most
    queue: int = 64  #: requests that may wait
    at_once: int = 2  #: requests that are worked on at the same time
    seconds: float = 60.0  #: that a request may take


class Refused(Exception):
    """A request that cannot be answered, with the status that says why."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class Server:
    """Models, and what is asked of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = {os.path.basename(path): load(path, copy=settings.copy) for path in settings.models}
        if settings.words is not None:
            from pathlib import Path

            self.models = {name: model.with_words(Path(settings.words)) for name, model in self.models.items()}
        self.created, self._waiting = int(time.time()), 0
        self._free = asyncio.Semaphore(settings.at_once)

    def model(self, name: str | None) -> tuple[str, Model]:
        """By its name; the first one, if none is given."""
        if name is None:
            return next(iter(self.models.items()))
        if name not in self.models:
            there = ", ".join(self.models)
            raise Refused(404, INVALID, f"there is no model {name[:60]!r}; there are {there}")
        return name, self.models[name]

    async def body(self, http: HttpRequest) -> Any:
        """The JSON of a request, if it is not too long."""
        parts, n = [], 0
        async for part in http.stream():
            n += len(part)
            if n > self.settings.body:
                raise Refused(413, INVALID, f"the body is longer than {self.settings.body} bytes")
            parts.append(part)
        try:
            return json.loads(b"".join(parts))
        except (ValueError, RecursionError) as error:
            raise ArgumentError(f"the body is not JSON: {str(error)[:100]}") from None

    async def turn(self) -> None:
        """Waits until there is room for one more."""
        if self._waiting >= self.settings.queue:
            raise Refused(429, "rate_limit_error", "too many requests wait; try again later")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    def done(self) -> None:
        """The turn is over."""
        self._free.release()

    async def step(self, pieces: Iterator[Any], until: float) -> list[Any]:
        """The next pieces of something that is made by another thread; none at the end. Refused, if time is up."""
        if time.monotonic() > until:
            raise Refused(503, "timeout", "the request took too long; ask for less")
        found: list[Any] = await run_in_threadpool(_several, pieces)
        return found


def _several(pieces: Iterator[Any]) -> list[Any]:
    found = []
    for piece in pieces:
        found.append(piece)
        if len(found) == STEP:
            break
    return found


async def _completions(http: HttpRequest) -> Response:
    server: Server = http.app.state.server
    request = request_of(await server.body(http))
    name, model = server.model(request.model)
    for prompt in request.prompts:
        if not isinstance(prompt, str):
            model._image.check_ids(prompt, "prompt")
    head = {"id": f"cmpl-{uuid.uuid4().hex}", "object": "text_completion", "created": int(time.time()), "model": name}
    await server.turn()
    try:
        if request.stream:
            return StreamingResponse(_events(server, model, request, head), media_type="text/event-stream")
        return await _whole(server, http, Completer(model, request), head)
    finally:
        if not request.stream:
            server.done()


async def _whole(server: Server, http: HttpRequest, completer: Completer, head: dict[str, Any]) -> Response:
    choices: list[dict[str, Any]] = []
    making, until = completer.choices(), time.monotonic() + server.settings.seconds
    while found := await server.step(making, until):
        choices += [choice for choice in found if choice is not None]
        if await http.is_disconnected():
            raise ClientDisconnect
    n, m = completer.n_prompt, completer.n_new
    usage = {"prompt_tokens": n, "completion_tokens": m, "total_tokens": n + m}
    return JSONResponse({**head, "choices": choices, "usage": usage})


async def _events(server: Server, model: Model, request: Request, head: dict[str, Any]) -> AsyncIterator[str]:
    """The pieces of all choices, as server-sent events. A client that hangs up ends it."""
    completer, until, index = Completer(model, request), time.monotonic() + server.settings.seconds, 0
    try:
        for prompt in request.prompts:
            for i in range(request.n):
                if request.echo:
                    yield _event(head, index, completer.text_of(prompt), None)
                pieces, text = completer.pieces(prompt, i), ""
                while found := await server.step(pieces, until):
                    text += "".join(found)
                    yield _event(head, index, "".join(found), None)
                yield _event(head, index, "", completer.reason(text)[0])
                index += 1
        yield "data: [DONE]\n\n"
    except (PylmError, Refused) as error:
        yield f"data: {json.dumps(_error_of(error)[0])}\n\n"
    finally:
        server.done()


def _event(head: dict[str, Any], index: int, text: str, reason: str | None) -> str:
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": reason}
    return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"


async def _models(http: HttpRequest) -> Response:
    server: Server = http.app.state.server
    data = [{"id": name, "object": "model", "created": server.created, "owned_by": "pylm"} for name in server.models]
    return JSONResponse({"object": "list", "data": data})


async def _tokenize(http: HttpRequest) -> Response:
    return await _on_text(http, tokenize)


async def _detokenize(http: HttpRequest) -> Response:
    return await _on_text(http, detokenize)


async def _on_text(http: HttpRequest, answer: Callable[[Model, Any], dict[str, Any]]) -> Response:
    server: Server = http.app.state.server
    body = await server.body(http)
    _, model = server.model(name_of(body))
    await server.turn()
    try:
        return JSONResponse(await run_in_threadpool(answer, model, body))
    finally:
        server.done()


async def _tokenizer_info(http: HttpRequest) -> Response:
    _, model = http.app.state.server.model(http.query_params.get("model"))
    return JSONResponse(tokenizer_info(model))


async def _health(http: HttpRequest) -> Response:
    return JSONResponse({"status": "ok"})


def _error_of(error: Exception) -> tuple[dict[str, Any], int]:
    """What a client is told, and the status of it."""
    kind, status = (error.kind, error.status) if isinstance(error, Refused) else (INVALID, 400)
    return {"error": {"message": str(error), "type": kind, "param": None, "code": None}}, status


async def _explain(http: HttpRequest, error: Exception) -> Response:
    body, status = _error_of(error)
    return JSONResponse(body, status)


async def _gone(http: HttpRequest, error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


def make_app(settings: Settings) -> Starlette:
    """A server of models, as an ASGI application."""
    app = Starlette(
        routes=[
            Route("/v1/completions", _completions, methods=["POST"]),
            Route("/v1/models", _models),
            Route("/tokenize", _tokenize, methods=["POST"]),
            Route("/detokenize", _detokenize, methods=["POST"]),
            Route("/tokenizer_info", _tokenizer_info),
            Route("/health", _health),
        ],
        exception_handlers={PylmError: _explain, TypeError: _explain, Refused: _explain, ClientDisconnect: _gone},
    )
    app.state.server = Server(settings)
    return app


def app_from_environment() -> Starlette:
    """For uvicorn, which starts several processes."""
    given = json.loads(os.environ[SETTINGS])
    return make_app(Settings(**{**given, "models": tuple(given["models"])}))
