"""Unpacking what repositories send, within bounds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from neuron_pin.errors import SourceFailed

MAX_UNPACKED = 128 * 1024 * 1024
"""Bytes of an index, unpacked; the largest of Ubuntu and Fedora have some 80 million."""

MAX_MEMORY = 128 * 1024 * 1024
"""Bytes that xz and Zstandard may ask for."""

_STEP = 8 * 1024 * 1024
"""Bytes that are unpacked at once: less is held than a bomb would fill."""

# The standard library has Zstandard from 3.14 on; before that it is the extra "zstd".
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")


def can_unpack(suffix: str) -> bool:
    """Whether this Python can read files with that suffix."""
    return suffix in ("", ".gz", ".xz", ".bz2") or (suffix == ".zst" and _zstd() is not None)


def unpack(data: bytes, suffix: str, address: str) -> bytes:
    """What is in a packed file; raises `SourceFailed` for more than `MAX_UNPACKED` bytes, and
    for what is damaged or ends too soon."""
    if not suffix:
        return data
    found: list[bytes] = []
    size = 0
    try:
        for chunk in _chunks(data, suffix):
            size += len(chunk)
            if size > MAX_UNPACKED:
                raise SourceFailed(address, f"unpacks to more than {MAX_UNPACKED} bytes")
            found.append(chunk)
    except SourceFailed:
        raise
    except Exception as error:  # noqa: BLE001 - each format has errors of its own
        raise SourceFailed(address, f"cannot be unpacked: {error}") from None
    return b"".join(found)


def _chunks(data: bytes, suffix: str) -> Iterator[bytes]:
    """Each stream of a file, in steps: packers may append one to another."""
    import zlib

    while data:
        if suffix == ".gz":
            unpacker = zlib.decompressobj(31)
            yield unpacker.decompress(data, _STEP)
            while unpacker.unconsumed_tail:
                yield unpacker.decompress(unpacker.unconsumed_tail, _STEP)
            yield unpacker.flush()
            is_whole, data = unpacker.eof, unpacker.unused_data
        else:
            decoder = _decoder(suffix)
            yield decoder.decompress(data, _STEP)
            while not decoder.eof and not decoder.needs_input:
                yield decoder.decompress(b"", _STEP)
            is_whole, data = decoder.eof, decoder.unused_data
        if not is_whole:
            raise EOFError("it ends too soon")
        data = data.lstrip(b"\0")


def _decoder(suffix: str) -> Any:
    """What unpacks one stream, as the standard library's decompressors do."""
    if suffix == ".xz":
        import lzma

        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_MEMORY)
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2Decompressor()
    module, options = _bounded_zstd()
    return module.ZstdDecompressor(options=options)


def _bounded_zstd() -> tuple[Any, dict[Any, int]]:
    """The module, and options that hold it to `MAX_MEMORY`, which is 2 to the power of 27."""
    module = _zstd()
    if module is None:
        raise ValueError("Zstandard is not installed (the extra zstd)")
    return module, {module.DecompressionParameter.window_log_max: 27}


def _zstd() -> Any:
    for name in _ZSTD_MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def zstd_stream(stream: Any) -> Any:
    """A stream that unpacks another one; raises `ValueError` where Zstandard is not there."""
    module, options = _bounded_zstd()
    return module.ZstdFile(stream, options=options)
