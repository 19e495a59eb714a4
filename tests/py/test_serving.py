# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The server, with the real client and with clients that misbehave."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from texts import make_text

import pylm
from pylm.cli import main

openai = pytest.importorskip("openai")
uvicorn = pytest.importorskip("uvicorn")
httpx = pytest.importorskip("httpx")

TEXT = make_text(3000, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    pylm.train([TEXT], tokenizer="words").save(folder / "words.pylm")
    pylm.train([TEXT]).save(folder / "bytes.pylm")
    return folder


@contextmanager
def served(models: tuple[str, ...], **settings: Any) -> Iterator[str]:
    """The address of a server that lives as long as it is used."""
    from pylm.serving.app import Settings, make_app

    app = make_app(Settings(models, **settings))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    models = (str(folder / "words.pylm"), str(folder / "bytes.pylm"))
    with served(models, body=20_000, seconds=3.0, at_once=2, queue=2) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["words.pylm", "bytes.pylm"]


def test_completions(client: Any, folder: Path) -> None:
    model = pylm.load(folder / "words.pylm")
    found = client.completions.create(model="words.pylm", prompt="papapa", max_tokens=12, seed=5, n=2, temperature=0.8)
    expected = [model.generate("papapa", 12, seed=5 + i, temperature=0.8) for i in range(2)]
    assert [choice.text for choice in found.choices] == expected and [c.index for c in found.choices] == [0, 1]
    assert found.usage.prompt_tokens == 1 and found.usage.total_tokens == found.usage.completion_tokens + 1
    assert {choice.finish_reason for choice in found.choices} <= {"length", "stop"}
    several = client.completions.create(model="words.pylm", prompt=["papapa", "tepapa kipapa"], max_tokens=3, seed=5)
    assert [c.text for c in several.choices] == [model.generate(p, 3, seed=5) for p in ("papapa", "tepapa kipapa")]
    ids = client.completions.create(model="words.pylm", prompt=model.encode("papapa"), max_tokens=3, seed=5, echo=True)
    assert ids.choices[0].text == "papapa" + model.generate(model.encode("papapa"), 3, seed=5)


def test_tokens(url: str, folder: Path) -> None:
    """As evaluation harnesses count them."""
    model = pylm.load(folder / "bytes.pylm")
    body = {"model": "bytes.pylm", "prompt": "papapa té"}
    found = httpx.post(f"{url}/tokenize", json={**body, "add_special_tokens": False}).json()
    assert found["tokens"] == model.encode("papapa té") and found["count"] == len(found["tokens"])
    back = httpx.post(f"{url}/detokenize", json={"model": "bytes.pylm", "tokens": found["tokens"]}).json()
    assert back == {"prompt": "papapa té"}
    words = pylm.load(folder / "words.pylm")
    assert httpx.post(f"{url}/tokenize", json={"prompt": "papapa"}).json()["tokens"] == words.encode("papapa")
    info = httpx.get(f"{url}/tokenizer_info").json()
    assert info["bos_token"] == "\n" and info["eos_token"] is None
    for path, wrong, message in (
        ("tokenize", {"prompt": 5}, "prompt must be a str"),
        ("tokenize", [], "a JSON object"),
        ("detokenize", {"tokens": [10**9]}, "out of range"),
        ("detokenize", {"tokens": "a"}, "tokens must be a list"),
        ("tokenize", {"prompt": "a", "model": "other"}, "there is no model 'other'"),
        ("tokenize", {"prompt": "a", "model": 5}, "model must be a str"),
    ):
        answer = httpx.post(f"{url}/{path}", json=wrong)
        assert answer.status_code in (400, 404) and message in answer.json()["error"]["message"]


def test_an_end_is_a_token(tmp_path: Path) -> None:
    """Whoever asked for one token, to score a prompt, gets one, also where the text ends."""
    pylm.train([b"papapa", b"papapa tepapa"] * 200, tokenizer="bytes", output=tmp_path / "ends.pylm")
    model = pylm.load(tmp_path / "ends.pylm")
    assert model.info.ends is not None
    with served((str(tmp_path / "ends.pylm"),)) as url, httpx.Client() as http:
        asked = {"prompt": "papapa tepapa", "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
        choice = http.post(f"{url}/v1/completions", json=asked).json()["choices"][0]
    assert choice["text"] == "papapa tepapa" and choice["finish_reason"] == "stop"
    logprobs = choice["logprobs"]["token_logprobs"]
    assert len(logprobs) == len("papapa tepapa") + 1
    p = model.distribution("papapa tepapa")[model.info.ends]
    assert logprobs[-1] == pytest.approx(math.log(p), abs=1e-3)


def test_streaming(client: Any, folder: Path) -> None:
    model = pylm.load(folder / "bytes.pylm")
    expected = model.generate("papapa", 300, seed=1)
    events = list(client.completions.create(model="bytes.pylm", prompt="papapa", max_tokens=300, seed=1, stream=True))
    assert "".join(event.choices[0].text for event in events) == expected and len(events) > 2
    assert events[-1].choices[0].finish_reason in ("length", "stop")


def test_stop(client: Any, folder: Path) -> None:
    model = pylm.load(folder / "bytes.pylm")
    whole = model.generate("papapa", 300, seed=1)
    stop = whole[40:42]
    found = client.completions.create(model="bytes.pylm", prompt="papapa", max_tokens=300, seed=1, stop=[stop, "qqqq"])
    assert found.choices[0].text == whole[: whole.index(stop)] and found.choices[0].finish_reason == "stop"


def test_logprobs(client: Any, folder: Path) -> None:
    """As evaluation harnesses ask for them: of the prompt, by echo."""
    model = pylm.load(folder / "words.pylm")
    found = client.completions.create(
        model="words.pylm", prompt="papapa tepapa", max_tokens=1, seed=1, echo=True, logprobs=2, temperature=0
    )
    logprobs = found.choices[0].logprobs
    assert logprobs.tokens[:2] == ["papapa", "tepapa"] and logprobs.token_logprobs[0] is None
    p = model.distribution("papapa")
    assert logprobs.token_logprobs[1] == pytest.approx(math.log(p[model.id_of("tepapa")]), abs=1e-3)
    best = max(logprobs.top_logprobs[2].values())
    assert len(logprobs.top_logprobs[2]) in (2, 3) and best == pytest.approx(
        math.log(model.distribution("papapa tepapa").max()), abs=1e-3
    )
    alone = client.completions.create(model="words.pylm", prompt="papapa", max_tokens=2, seed=1, logprobs=0)
    assert len(alone.choices[0].logprobs.tokens) <= 2 and all(x < 0 for x in alone.choices[0].logprobs.token_logprobs)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "a JSON object"),
        (b"[" * 9000, 400, "not JSON"),
        ({"prompt": 5}, 400, "prompt must be"),
        ({"prompt": []}, 400, "prompt must be"),
        ({"prompt": [["a"]]}, 400, "prompt must be"),
        ({"prompt": [-1]}, 400, "id"),
        ({"prompt": [10**9]}, 400, "out of range"),
        ({"prompt": [10**30]}, 400, "id"),
        ({"prompt": "a\ud800"}, 400, "surrogate"),
        ({"max_tokens": -1}, 400, "max_tokens must be an integer"),
        ({"max_tokens": 1e3}, 400, "max_tokens must be an integer"),
        ({"max_tokens": 10**9}, 400, "max_tokens must be an integer"),
        ({"n": 0}, 400, "n must be"),
        ({"temperature": -1}, 400, "temperature must be"),
        ({"temperature": "hot"}, 400, "temperature must be"),
        ({"top_p": 2}, 400, "top_p must be"),
        ({"stop": [""]}, 400, "stop must be"),
        ({"stop": 5}, 400, "stop must be"),
        ({"logprobs": 50}, 400, "logprobs must be"),
        ({"echo": "yes"}, 400, "echo must be a bool"),
        ({"suffix": "a"}, 400, "suffix is not supported"),
        ({"presence_penalty": 1}, 400, "presence_penalty is not supported"),
        ({"nonsense": 1}, 400, "there is no field 'nonsense'"),
        ({"model": "other"}, 404, "there is no model 'other'"),
        (b"x" * 30_000, 413, "longer than 20000 bytes"),
    ],
)
def test_bad_requests(url: str, body: Any, status: int, message: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = httpx.post(f"{url}/v1/completions", content=content)
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (status, True), answer.text
    assert httpx.get(f"{url}/health").json() == {"status": "ok"}


def test_too_long_and_too_many(url: str) -> None:
    """Of many slow requests some are refused, all others end, and the server is there afterwards."""
    body = {"model": "bytes.pylm", "prompt": "a", "max_tokens": 65536, "n": 64, "ignored": None}
    del body["ignored"]
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(httpx.post(f"{url}/v1/completions", json=body, timeout=60).status_code)

    threads = [threading.Thread(target=ask) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {429, 503, 200} and {429, 503} <= set(statuses)
    assert httpx.get(f"{url}/v1/models").status_code == 200


def test_clients_that_hang_up(url: str, client: Any) -> None:
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"model": "bytes.pylm", "prompt": "a", "max_tokens": 60000, "stream": True}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for sent in (head + body, head + body[:10], head[:20]):
        for _ in range(3):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(sent)
                if len(sent) > len(head) + 20:
                    connection.recv(100)
    found = client.completions.create(model="words.pylm", prompt="papapa", max_tokens=2)
    assert found.choices[0].finish_reason


def test_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(folder / "words.pylm")
    for arguments, message in (
        ([str(folder / "nothing")], "No such file"),
        ([name, name], "two models are called words.pylm"),
        ([name, "--port", "0"], "--port must be"),
        ([name, "--max-body", "many"], "--max-body must be"),
    ):
        assert main(["serve", *arguments]) == 1
        assert message in capsys.readouterr().err
