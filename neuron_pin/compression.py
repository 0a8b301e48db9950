"""Unpacking what repositories send, within bounds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from neuron_pin.errors import SourceFailed

MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes of an index, unpacked."""

MAX_MEMORY = 256 * 1024 * 1024
"""Bytes that the xz format may ask for."""

# The standard library has Zstandard from 3.14 on; before that it is the extra "zstd".
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")


def can_unpack(suffix: str) -> bool:
    """Whether this Python can read files with that suffix."""
    return suffix in ("", ".gz", ".xz", ".bz2") or (suffix == ".zst" and _zstd() is not None)


def unpacked(data: bytes, suffix: str, address: str) -> bytes:
    """What is in a packed file; raises `SourceFailed` for more than `MAX_UNPACKED` bytes, and
    for what is damaged or ends too soon."""
    if not suffix:
        return data
    # Imported here: most lists of a machine are not packed.
    import lzma
    import zlib

    found: list[bytes] = []
    size = 0
    try:
        for chunk in _chunks(data, suffix, MAX_UNPACKED):
            size += len(chunk)
            if size > MAX_UNPACKED:
                raise SourceFailed(address, f"unpacks to more than {MAX_UNPACKED} bytes")
            found.append(chunk)
    except (lzma.LZMAError, zlib.error, OSError, EOFError, ValueError) as error:
        raise SourceFailed(address, f"cannot be unpacked: {error}") from None
    return b"".join(found)


def _chunks(data: bytes, suffix: str, limit: int) -> Iterator[bytes]:
    """Each stream of a file: packers may append one to another."""
    import bz2
    import lzma
    import zlib

    while data:
        decoder: Any
        if suffix == ".gz":
            decoder = zlib.decompressobj(31)
            yield decoder.decompress(data, limit + 1)
        elif suffix == ".xz":
            decoder = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_MEMORY)
            yield decoder.decompress(data, limit + 1)
        elif suffix == ".bz2":
            decoder = bz2.BZ2Decompressor()
            yield decoder.decompress(data, limit + 1)
        else:
            decoder, chunk = _unpack_zstd(data, limit)
            yield chunk
        if not decoder.eof:
            raise EOFError("it ends too soon")
        data = decoder.unused_data.lstrip(b"\0")


def _zstd() -> Any:
    for name in _ZSTD_MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def zstd_stream(stream: Any) -> Any:
    """A stream that unpacks another one; raises `ValueError` where Zstandard is not there."""
    module = _zstd()
    if module is None:
        raise ValueError("Zstandard is not installed: neuron-pin[zstd]")
    return module.ZstdFile(stream, options={module.DecompressionParameter.window_log_max: 28})


def _unpack_zstd(data: bytes, limit: int) -> tuple[Any, bytes]:
    module = _zstd()
    if module is None:
        raise ValueError("Zstandard is not installed: neuron-pin[zstd]")
    # 2 to the power of 28 is MAX_MEMORY.
    decoder = module.ZstdDecompressor(options={module.DecompressionParameter.window_log_max: 28})
    try:
        return decoder, decoder.decompress(data, limit + 1)
    except module.ZstdError as error:
        raise ValueError(error) from None
