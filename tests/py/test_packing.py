# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Messages: packets, sessions, archives, and the commands on them."""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
from pathlib import Path

import pytest
from conftest import TEST, get

import pylm
from pylm.cli import main
from pylm.packing.archive import BLOCK_NBYTES
from pylm.packing.base91 import ALPHABET, from_base91, to_base91
from pylm.packing.compare import compare
from pylm.packing.lines import packets_of, with_length

PACKING = ["bytes", "pieces", "two layers"]
OTHERS = {"words": "white space", "three trees": "white space", "external": "tokenizer that is not pylm's"}
ODD = ["", "\n", "\n\n", "a\n", "\0", "ÿ", "\udcff", "tepapa " * 50, "".join(map(chr, range(256)))]


@pytest.fixture(params=PACKING)
def model(request: pytest.FixtureRequest) -> pylm.Model:
    return get(request.param)


# ---- packets


def test_texts_come_back(model: pylm.Model) -> None:
    lines = TEST.splitlines()
    packets = [model.compress(line) for line in lines]
    assert [model.decompress(packet) for packet in packets] == lines
    assert sum(map(len, packets)) < len(TEST) / 2
    for text in ODD:
        packet = model.compress(text)
        assert model.decompress(packet) == text
        assert len(packet) <= len(text.encode("utf-8", "surrogateescape")) + 1


def test_size_is_the_score(model: pylm.Model) -> None:
    """What is packed costs what the score says; the end of a line costs something, too."""
    lines = TEST.splitlines()
    bits = -sum(model.score(line + "\n") for line in lines) / 0.6931471805599453
    nbytes = sum(len(model.compress(line)) for line in lines)
    assert bits <= 8 * nbytes <= bits + 8 * len(lines)


def test_random_bytes_take_one_more(model: pylm.Model) -> None:
    noise = random.Random(1).randbytes(2000)
    assert len(model.compress(noise)) == 2001
    assert model.decompress(model.compress(noise)).encode("utf-8", "surrogateescape") == noise


def test_fingerprint(model: pylm.Model) -> None:
    packet = model.compress("tepapa", fingerprint=True)
    assert packet[5:] == model.compress("tepapa")
    assert model.decompress(packet) == "tepapa"
    other = get("bytes" if model is not get("bytes") else "pieces")
    with pytest.raises(pylm.PacketError, match="another model"):
        other.decompress(packet)


def test_damaged_packets(model: pylm.Model) -> None:
    generator = random.Random(2)
    packet = model.compress(TEST[:300])
    for _ in range(300):
        damaged = bytearray(packet[: generator.randrange(1, len(packet) + 1)])
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        with contextlib.suppress(pylm.PacketError):
            assert len(model.decompress(damaged, most=1000).encode("utf-8", "surrogateescape")) <= 1000
    with pytest.raises(pylm.PacketError, match="more than 299 bytes"):
        model.decompress(packet, most=299)
    with pytest.raises(pylm.PacketError, match="newer pylm"):
        model.decompress(b"\xfdtext")
    with pytest.raises(pylm.PacketError, match="damaged"):
        model.decompress(packet + b"zz")


@pytest.mark.parametrize(("name", "says"), OTHERS.items())
def test_models_that_do_not_pack(name: str, says: str) -> None:
    for call in (
        lambda model: model.compress("tepapa"),
        lambda model: model.decompress(b"1"),
        lambda model: model.state().compress("tepapa"),
        lambda model: pylm.pack_archive(model, "tepapa"),
        pylm.MessageSession,
    ):
        with pytest.raises(pylm.ArgumentError, match=says):
            call(get(name))


def test_several_trees() -> None:
    model = pylm.train([TEST], tokenizer="pieces", symbols=pylm.SymbolOptions(pieces=300, trees=2))
    with pytest.raises(pylm.ArgumentError, match="2 trees"):
        model.compress("tepapa")


def test_too_long_for_a_packet(model: pylm.Model) -> None:
    with pytest.raises(pylm.ArgumentError, match="pack_archive"):
        model.compress(b"a" * ((1 << 16) + 1))


# ---- states


@pytest.mark.parametrize("learn", [False, True])
def test_states_read_what_they_pack(model: pylm.Model, learn: bool) -> None:
    here, there, reader = (model.state(learn=learn) for _ in range(3))
    end = "\n" if model.info.ends is None else "\0"
    sizes = []
    for line in [*TEST.splitlines()[:40], *TEST.splitlines()[:40]]:
        packet = here.compress(line)
        assert there.decompress(packet) == line
        if line:
            reader.feed(line)
            reader.feed(end)
        sizes.append(len(packet))
        assert here.next(3) == there.next(3) == reader.next(3)
    assert not learn or sum(sizes[40:]) < 0.8 * sum(sizes[:40])


# ---- sessions


def test_session(model: pylm.Model) -> None:
    sender, receiver = pylm.MessageSession(model), pylm.MessageSession(model)
    lines = TEST.splitlines()[:80]
    for line in lines:
        assert receiver.decompress(sender.compress(line)) == line
    assert receiver.n_messages == sender.n_messages == len(lines)
    with pytest.raises(pylm.ArgumentError, match="other direction"):
        sender.decompress(b"")
    with pytest.raises(pylm.ArgumentError, match="other direction"):
        receiver.restart()


def test_lost_packets(model: pylm.Model) -> None:
    sender, receiver = pylm.MessageSession(model), pylm.MessageSession(model)
    first, second, third = (sender.compress(text) for text in ("tepapa", "papapo", "tete"))
    assert receiver.decompress(first) == "tepapa"
    with pytest.raises(pylm.LostPacketError, match="twice"):
        receiver.decompress(first)
    with pytest.raises(pylm.LostPacketError, match="1 packet before"):
        receiver.decompress(third)
    assert receiver.decompress(second) == "papapo"  # it came late, and nothing was lost
    assert receiver.decompress(third) == "tete"
    lost = sender.compress("papa")
    assert lost
    with pytest.raises(pylm.LostPacketError, match="restart"):
        receiver.decompress(sender.compress("tepo"))
    sender.restart()
    assert receiver.decompress(sender.compress("popo")) == "popo"
    assert (receiver.epoch, receiver.n_messages) == (sender.epoch, sender.n_messages) == (1, 1)
    sender.restart()
    assert sender.compress("pa")
    with pytest.raises(pylm.LostPacketError, match="first packet of epoch 2"):
        receiver.decompress(sender.compress("po"))


def test_damage_leaves_a_session_as_it_was(model: pylm.Model) -> None:
    sender, receiver = pylm.MessageSession(model), pylm.MessageSession(model)
    for number in range(3):
        packet = sender.compress(f"tepapa {number} " + "papo " * 20)
        with pytest.raises(pylm.PacketError):
            receiver.decompress(packet, most=4)
        with pytest.raises(pylm.PacketError):
            receiver.decompress(bytes([packet[0] ^ 0x80]) + packet[1:] + b"zz")  # another epoch
        with pytest.raises(pylm.PacketError):
            receiver.decompress(b"")
        assert receiver.decompress(packet).startswith(f"tepapa {number}")


def test_restarts_by_itself(model: pylm.Model) -> None:
    sender, receiver = pylm.MessageSession(model, restart_every=3), pylm.MessageSession(model)
    packets = [sender.compress("tepapa popo") for _ in range(9)]
    assert packets[0][1:] == packets[3][1:] == packets[6][1:]
    del packets[4]  # its epoch is lost from there on, the next one is not
    found = []
    for packet in packets:
        try:
            found.append(receiver.decompress(packet))
        except pylm.LostPacketError:
            found.append("")
    assert found == ["tepapa popo"] * 4 + [""] + ["tepapa popo"] * 3
    with pytest.raises(pylm.ArgumentError, match="restart_every"):
        pylm.MessageSession(model, restart_every=0)


# ---- archives

LONG = (TEST * (3 * BLOCK_NBYTES // len(TEST) + 1)).encode()


@pytest.mark.parametrize("learn", [False, True])
def test_archives(model: pylm.Model, learn: bool) -> None:
    archive = pylm.pack_archive(model, LONG, learn=learn, threads=1)
    assert archive == pylm.pack_archive(model, LONG, learn=learn, threads=3)
    assert pylm.unpack_archive(model, archive) == LONG
    assert len(archive) < len(LONG) / 2
    for text in (b"", b"a", "tepapa\n"):
        archive = pylm.pack_archive(model, text, learn=learn)
        assert pylm.unpack_archive(model, archive) == (text.encode() if isinstance(text, str) else text)


def test_a_damaged_block_is_lost_alone() -> None:
    model = get("pieces")
    archive = bytearray(pylm.pack_archive(model, LONG))
    archive[len(archive) // 2] ^= 1
    with pytest.raises(pylm.PacketError, match="salvage"):
        pylm.unpack_archive(model, archive)
    text, lost = pylm.salvage_archive(model, archive)
    assert lost == [pylm.LostPart(len(lost) * BLOCK_NBYTES, BLOCK_NBYTES)]
    assert text == LONG[:BLOCK_NBYTES] + LONG[2 * BLOCK_NBYTES :]


def test_a_damaged_head_of_a_block() -> None:
    model = get("pieces")
    archive = bytearray(pylm.pack_archive(model, LONG))
    at = archive.index(b"\xfdblk", 100)
    for place in (at, at + 4, at + 5, at + 12):  # the mark, the size, the checksum
        damaged = archive[:]
        damaged[place] ^= 64
        text, lost = pylm.salvage_archive(model, damaged)
        assert lost and text == LONG[:BLOCK_NBYTES] + LONG[2 * BLOCK_NBYTES :]
    text, lost = pylm.salvage_archive(model, archive[: at + 50])
    assert lost and text == LONG[:BLOCK_NBYTES]
    text, lost = pylm.salvage_archive(model, archive[:-1])
    assert lost and text == LONG


def test_marks_of_blocks_that_are_none() -> None:
    model = get("bytes")
    whole = pylm.pack_archive(model, "tepapa")
    text, lost = pylm.salvage_archive(model, whole[:20] + b"\xfdblk" * 500_000)  # each sought from where it stands
    assert text == b"" and lost == [pylm.LostPart(0, 0)]


def test_a_block_has_no_more_text_than_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = get("bytes"), []

    def short(image, state, packet, most):
        asked.append(most)
        return b"tepapa"

    monkeypatch.setattr("pylm.packing.archive.unpack", short)
    pylm.unpack_archive(model, pylm.pack_archive(model, "tepapa"))
    assert asked == [BLOCK_NBYTES]


def test_learned_archives_end_at_the_damage() -> None:
    model = get("bytes")
    archive = bytearray(pylm.pack_archive(model, LONG, learn=True))
    archive[len(archive) // 2] ^= 1
    text, lost = pylm.salvage_archive(model, archive)
    assert lost and text == LONG[: len(text)] and len(text) % BLOCK_NBYTES == 0


def test_what_is_no_archive(model: pylm.Model) -> None:
    archive = pylm.pack_archive(model, "tepapa")
    other = get("bytes" if model is not get("bytes") else "pieces")
    for wrong, says in (
        (b"", "no archive"),
        (b"tepapa" * 9, "no archive"),
        (archive[:12], "end of this archive is missing"),
        (archive[:7] + b"\2" + archive[8:], "has version 2"),
        (archive[:12] + b"\xff" * 8 + archive[20:], "head of this archive is damaged"),
    ):
        with pytest.raises(pylm.PacketError, match=says):
            pylm.unpack_archive(model, wrong)
    with pytest.raises(pylm.PacketError, match="another model"):
        pylm.unpack_archive(other, archive)


# ---- how packets are written


def test_base91() -> None:
    generator = random.Random(3)
    assert len(ALPHABET) == len(set(ALPHABET)) == 91
    assert to_base91(b"test") == "fPNKd"  # as the program of the format's author has it
    for n in range(200):
        data = generator.randbytes(n)
        assert from_base91(to_base91(data)) == data
        assert from_base91(to_base91(bytes(n))) == bytes(n)
        assert from_base91(to_base91(b"\xff" * n)) == b"\xff" * n
    with pytest.raises(pylm.PacketError, match="no character of basE91"):
        from_base91("ab c")


def test_lengths() -> None:
    packets = [b"", b"a", b"b" * 127, b"c" * 128, b"d" * 20000]
    file = io.BytesIO(b"".join(map(with_length, packets)))
    assert list(packets_of(file)) == packets
    for wrong in (b"\x05abc", b"\x80", b"\xff\xff\xff\xff\x7f", b"\xff\xff\x7fab"):
        with pytest.raises(pylm.PacketError):
            list(packets_of(io.BytesIO(wrong)))


def test_compare(model: pylm.Model) -> None:
    text = "\n".join(TEST.splitlines()[:30]).encode()
    for lines in (False, True):
        found = {row.program: row for row in compare(model, text, lines=lines, dictionary=TEST.encode())}
        sizes = [row.nbytes for row in compare(model, text, lines=lines)][:-1]
        assert sizes == sorted(sizes)
        assert found["deflate, dictionary"].nbytes <= found["deflate"].nbytes
        total = len(text) - (29 if lines else 0)
        assert found["as it is"] == ("as it is", total, 1.0)
    alone = sum(len(model.compress(line)) for line in text.splitlines())
    assert found["pylm"].nbytes == alone
    assert compare(model, text, lines=True, memory=1 << 16)[0].program == "pylm, learning"


# ---- commands


class Standard:
    """Standard input or output, as bytes."""

    def __init__(self, content: bytes = b"") -> None:
        self.buffer = io.BytesIO(content)

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        pass


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch):
    def run(*arguments: str, given: bytes = b"") -> bytes:
        output = Standard()
        monkeypatch.setattr(sys, "stdin", Standard(given))
        monkeypatch.setattr(sys, "stdout", output)
        assert main(list(map(str, arguments))) == 0
        return output.buffer.getvalue()

    return run


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("packing") / "pieces.pylm"
    get("pieces").save(path)
    return str(path)


@pytest.mark.parametrize("learn", [(), ("--learn",)])
@pytest.mark.parametrize("written", [(), ("--base91",)])
@pytest.mark.parametrize("lines", [(), ("--lines",)])
def test_commands(pipe, path: str, lines: tuple[str, ...], written: tuple[str, ...], learn: tuple[str, ...]) -> None:
    text = TEST[:3000].encode() + b"\n\n\xff\n"
    options = [*lines, *written, *learn]
    packed = pipe("compress", path, *options, given=text)
    assert len(packed) < len(text) / 2
    assert not written or packed.decode("ascii").isprintable() or b"\n" in packed
    assert pipe("decompress", path, *options, given=packed) == text


def test_fingerprints(pipe, path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = pipe("compress", path, "--lines", "--fingerprint", given=b"tepapa\npapo\n")
    assert len(packed) == len(pipe("compress", path, "--lines", given=b"tepapa\npapo\n")) + 10
    assert pipe("decompress", path, "--lines", given=packed) == b"tepapa\npapo\n"
    get("bytes").save(tmp_path / "other")
    (tmp_path / "packed").write_bytes(packed)
    assert main(["decompress", str(tmp_path / "other"), "--lines", str(tmp_path / "packed")]) == 1
    assert "another model" in capsys.readouterr().err


def test_files(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, packed, back = tmp_path / "text", tmp_path / "packed", tmp_path / "back"
    text.write_text(TEST)
    assert main(["compress", path, "-o", str(packed), str(text)]) == 0  # a file may stand behind the options
    assert "wrote" in capsys.readouterr().out
    assert main(["decompress", path, str(packed), "--json", "-o", str(back)]) == 0
    assert json.loads(capsys.readouterr().out)["text_bytes"] == len(TEST)
    assert back.read_text() == TEST
    packed.write_bytes(packed.read_bytes()[:-1])
    assert main(["decompress", path, str(packed), "-o", str(back)]) == 1
    assert "--salvage" in capsys.readouterr().err
    assert back.read_text() == TEST
    assert main(["decompress", path, str(packed), "-o", str(back), "--salvage"]) == 0
    assert "cannot be read" in capsys.readouterr().err
    assert back.read_text() == TEST
    assert main(["decompress", path, str(text)]) == 1
    assert "did not write this" in capsys.readouterr().err
    assert main(["compress", path, str(text), "--compare", "--lines", "--dictionary", str(text)]) == 0
    assert "deflate, dictionary" in capsys.readouterr().out
    assert main(["compress", path, str(text), "--compare", "--json"]) == 0
    assert {row["program"] for row in json.loads(capsys.readouterr().out)} >= {"pylm", "xz", "deflate"}
    assert main(["decompress", path, str(packed), "--lines", "--salvage"]) == 1
    assert "--salvage is for files" in capsys.readouterr().err
