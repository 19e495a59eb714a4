# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Exceptions. Each is also of the built-in kind that fits, so `except ValueError` works as well.

What the system refuses stays an `OSError`: a missing file is a `FileNotFoundError` with its path.
"""


class PylmError(Exception):
    """Base of all errors that pylm itself raises."""


class ArgumentError(PylmError, ValueError):
    """An argument has no meaning here: out of range, contradicting another, or a closed model."""


class EmptyTextError(PylmError, ValueError):
    """A text without a symbol, where one is needed: to train on, or to divide by its length."""


class TextFormatError(PylmError, ValueError):
    """What was given as a text is none: another kind of file, in another encoding than UTF-8, or damaged."""


class TooLargeError(PylmError, ValueError):
    """More than the model format can hold."""


class OutOfMemoryError(PylmError, MemoryError):
    """The system has no more memory."""


class MissingPackageError(PylmError, ImportError):
    """An optional package is needed, and not installed."""


class ModelFormatError(PylmError, ValueError):
    """The bytes are not a pylm model. Base of the three errors below."""


class ModelVersionError(ModelFormatError):
    """A model of another format version: it needs another version of pylm."""


class ModelDamagedError(ModelFormatError):
    """A model whose end is missing, or that contradicts its checksum."""


class LayerError(ModelFormatError):
    """A layer is opened on another model than the one that it was made for, or by itself; or a model as a layer."""


class StoreFormatError(PylmError, ValueError):
    """The bytes are not a pylm store. Base of the two errors below."""


class StoreVersionError(StoreFormatError):
    """A store of another format version: it needs another version of pylm."""


class StoreDamagedError(StoreFormatError):
    """A store whose end is missing, or that contradicts its checksums."""


class SourcesError(PylmError, ValueError):
    """The sources of a model are missing, damaged, or those of another model."""


class PacketError(PylmError, ValueError):
    """A packet or an archive that is damaged, or was made with another model."""


class LostPacketError(PacketError):
    """A packet of a session came out of its order: others were lost before it, or it came late, or twice."""


class BusyError(PylmError, RuntimeError):
    """Somebody else is at work: another process writes the same store, or another thread uses the same state, keyboard,
    session or drafter."""
