"""A process that turns sources into facts. Batches come in on its standard input, facts go out on the other side.

A message is its length in eight bytes, then MessagePack: a list of ``[path, source]``, or a list of encoded facts.
"""

from __future__ import annotations

import gc
import struct
import sys
from typing import BinaryIO

import msgspec

from dbreview.extract import extract
from dbreview.extract.stack import with_deep_stack

LENGTH = struct.Struct(">Q")

_BATCH = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


def main() -> None:
    """Serve until nobody asks any more."""
    gc.disable()  # facts and trees live as long as a batch, and hold no cycles that matter
    with_deep_stack(lambda: _serve(sys.stdin.buffer, sys.stdout.buffer))


def _serve(asked: BinaryIO, told: BinaryIO) -> None:
    encoder = msgspec.msgpack.Encoder()
    while (message := receive(asked)) is not None:
        facts = [encoder.encode(extract(path, source)) for path, source in _BATCH.decode(message)]
        send(told, encoder.encode(facts))
        gc.collect(0)


def send(stream: BinaryIO, message: bytes) -> None:
    """Write one message. Raises OSError where nobody reads any more."""
    stream.write(LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message, None where the other side has gone."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    message = stream.read(length)
    return message if len(message) == length else None
