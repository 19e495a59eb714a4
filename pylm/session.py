# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""MessageSession: messages that follow one another, and become shorter as both ends learn from them."""

from __future__ import annotations

from ._core.arguments import DEFAULT_MEMORY, MAX_U32, integer
from ._core.in_use import InUse, alone
from ._core.reader import image_of
from ._core.text import Bytes
from ._model import Model
from ._state import State
from .errors import ArgumentError, LostPacketError, PacketError
from .packing.packets import MOST_NBYTES, needs_packing

N_EPOCHS, N_NUMBERS = 8, 32  # in the byte before a packet: 3 and 5 bits


class MessageSession:
    """One end of a session: messages in one direction, from who compresses to who decompresses.

    Both ends begin with the same model and learn from each message. A packet has one byte before it: the *epoch*, and
    the number of the message in it, counted round. So the receiver notices a packet that was lost, and reads nothing
    wrong: `decompress()` raises `LostPacketError` until the sender has called `restart()`. That begins a new epoch:
    both ends forget what they learned, and go on. A sender who hears nothing from the receiver does so now and then,
    every `restart_every` messages.

        sender = pylm.MessageSession(model)
        receiver = pylm.MessageSession(model)           # elsewhere
        text = receiver.decompress(sender.compress("see you at eight"))

    A packet that was damaged and is still one would teach the receiver something else. Where a link does not check its
    packets, put a checksum around them. One thread at a time may use a session; another one gets a BusyError.

    memory         bytes to learn in, the same at both ends; as in `Model.state()`.
    restart_every  messages in an epoch at most; None: no limit.
    Raises ArgumentError for a model that does not compress.
    """

    def __init__(self, model: Model, *, memory: int | str = DEFAULT_MEMORY, restart_every: int | None = None) -> None:
        needs_packing(image_of("model", model))
        if restart_every is not None:
            restart_every = integer("restart_every", restart_every, 1, MAX_U32)
        self._state: State = model.state(learn=True, memory=memory)
        self._restart_every = restart_every
        self._epoch = self._n = 0
        self._use = InUse()
        self._compresses: bool | None = None

    @property
    def epoch(self) -> int:
        """How often the session was begun anew, from 0 to 7 and round again."""
        return self._epoch

    @property
    def n_messages(self) -> int:
        """Messages of this epoch so far."""
        return self._n

    @alone
    def restart(self) -> None:
        """Begins a new epoch; the other end will know by the next packet. Only of the end that compresses."""
        self._is_end(compresses=True)
        self._begin_next()

    @alone
    def compress(self, text: str | Bytes) -> bytes:
        """The packet of the next message."""
        self._is_end(compresses=True)
        if self._restart_every is not None and self._n >= self._restart_every:
            self._begin_next()
        packet = self._state.compress(text)
        head = self._epoch * N_NUMBERS + self._n % N_NUMBERS
        self._n += 1
        return bytes([head]) + packet

    @alone
    def decompress(self, packet: Bytes, *, most: int = MOST_NBYTES) -> str:
        """The next message. Raises LostPacketError if this is not the packet that was to come next, and PacketError if
        it is damaged; then the session is as before. `most`: bytes of the text at most."""
        self._is_end(compresses=False)
        if not len(packet):
            raise PacketError("an empty packet is none of a session, which have a byte before them")
        epoch, number = divmod(packet[0], N_NUMBERS)
        begins = epoch != self._epoch and number == 0
        if not begins:
            self._check_order(epoch, number)
        before = self._state.copy(), self._epoch, self._n
        if begins:
            self._begin(epoch)
        try:
            text = self._state.decompress(packet[1:], most=most)
        except BaseException:
            self._state, self._epoch, self._n = before
            raise
        self._n += 1
        return text

    def _check_order(self, epoch: int, number: int) -> None:
        expected = self._n % N_NUMBERS
        if epoch != self._epoch:
            raise LostPacketError(
                f"the first packet of epoch {epoch} was lost, and this is number {number}: the sender has to restart()"
            )
        ahead = (number - expected) % N_NUMBERS
        if ahead >= N_NUMBERS // 2:
            raise LostPacketError(f"packet {number} came late, or twice; {expected} is to come next. Leave it out")
        if ahead:
            raise LostPacketError(
                f"{ahead} packet{'s' * (ahead > 1)} before number {number} did not come: wait if they may come late, "
                f"else the sender has to restart()"
            )

    def _begin_next(self) -> None:
        self._begin((self._epoch + 1) % N_EPOCHS)

    def _begin(self, epoch: int) -> None:
        self._state.reset()
        self._epoch, self._n = epoch, 0

    def _is_end(self, compresses: bool) -> None:
        if self._compresses is None:
            self._compresses = compresses
        if self._compresses != compresses:
            raise ArgumentError(
                "this end of the session " + ("decompresses" if compresses else "compresses") + " already; "
                "the other direction needs a session of its own"
            )
