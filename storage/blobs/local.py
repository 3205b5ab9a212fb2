"""Blobs in files below one directory: the key is the path.

A blob is written to a temporary file beside its place, flushed to the disk, and only then linked under its name, which
fails where the name is taken: nothing is ever overwritten and nothing half-written ever has a name. Directories are
flushed after each change. The file system must know hard links; `check` says so where it does not.

Parts of a file lie in a directory of their own, each named by its slot and its tag: a slot that is used twice never
overwrites anything either. A part whose place in the file is known, and is its alone, is written there at once, into the
file `whole` beside the others, and an empty file of its name says that it is there. Where all parts are of this kind,
nothing is copied to join them.
"""

import asyncio
import errno
import hashlib
import itertools
import os
import stat as file_status
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Container, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import aiofiles

from schemas.ids import new_id
from storage.blobs import keys
from storage.blobs.base import (
    UNLISTED,
    Assembly,
    Digest,
    Feed,
    Part,
    Place,
    Stored,
    require_key,
    require_prefix,
    require_range,
    require_rising,
    require_slot,
)
from storage.blobs.streams import STREAMS_AT_ONCE, Bundle, Turns, fed, kept, measured, medium, undone
from storage.executors import Executor

_PIECE_BYTES = 1024 * 1024
_KEYS_AT_ONCE = 1000
_THREADS = 8
_QUEUE = 512

# Where the system or the file systems cannot copy between two files by themselves.
_NO_COPYING = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF, errno.ETXTBSY}


class LocalBlobs:
    """A `storage.blobs.base.BlobStore` below the directory `root`, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._threads = Executor("local-blobs", threads=_THREADS, queue=_QUEUE)
        self._turns = Turns(STREAMS_AT_ONCE)
        self._making = threading.Lock()

    async def put(self, key: str, body: AsyncIterator[bytes], *, limit: int) -> Stored:
        """See `BlobStore.put`."""
        digest = hashlib.sha256()
        writing = _Writing(self._path(key), self._make_directory)
        try:
            await fed(body, limit, writing.add, self._threads, self._turns, [digest])
            placed = await self._threads.run(writing.place)
        except BaseException as error:
            await undone(writing.discard, self._threads, error)
            raise
        sent = Stored(key=key, size=writing.size, sha256=digest.hexdigest())
        return sent if placed else await kept(self, sent)

    async def promote(self, source: str, target: str) -> None:
        """See `BlobStore.promote`."""
        await self._threads.run(self._promote, source, self._path(source), self._path(target))

    async def stat(self, key: str) -> int | None:
        """See `BlobStore.stat`."""
        return await self._threads.run(_size, self._path(key))

    async def digest(self, key: str) -> Stored:
        """See `BlobStore.digest`."""
        return await measured(key, self.read(key), self._threads)

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `BlobStore.read`."""
        path = self._path(key)
        require_range(offset, length)
        with _present(key):
            file = await aiofiles.open(path, "rb", executor=self._threads)
        try:
            with medium():
                if offset >= await file.seek(0, os.SEEK_END):
                    return  # asked first: not every file system takes a place far past the end
                await file.seek(offset)
            left = length
            while left is None or left > 0:
                with medium():
                    piece = await file.read(_PIECE_BYTES if left is None else min(_PIECE_BYTES, left))
                if not piece:
                    return
                yield piece
                left = None if left is None else left - len(piece)
        finally:
            await file.close()

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore.open`."""
        path = self._path(key)
        with _present(key):
            return path.open("rb", buffering=_PIECE_BYTES)

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        await self._threads.run(_remove, self._path(key))

    async def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """See `BlobStore.keys`."""
        require_prefix(prefix)
        walk = self._walk(prefix)
        while found := await self._threads.run(_next_keys, walk):
            for key in found:
                yield key

    async def assemble(self, key: str, *, least_part: int) -> Assembly:  # noqa: ARG002 - parts of any size are files
        """See `BlobStore.assemble`."""
        require_key(key)
        return Assembly(key=key, handle=keys.parts_of(key))

    async def put_part(
        self,
        assembly: Assembly,
        slot: int,
        body: AsyncIterator[bytes],
        *,
        limit: int,
        digests: Sequence[Digest] = (),
        check: Callable[[int], None] | None = None,
        place: Place | None = None,
        follow: Callable[[Feed], Coroutine[Any, Any, None]] | None = None,  # noqa: ARG002 - files are quickly read again
    ) -> Part:
        """See `BlobStore.put_part`."""
        require_slot(slot)
        apart = _Writing(self._part(assembly, slot, new_id()), self._make_directory)
        whole = self._path(keys.whole(assembly.handle))
        writing = apart if place is None else _Placing(whole, slot, place, self._open_whole, apart)
        try:
            await fed(body, limit, writing.add, self._threads, self._turns, digests)
            if check is not None:
                check(writing.size)
            await self._threads.run(writing.place)
        except BaseException as error:
            await undone(writing.revoke, self._threads, error)
            raise
        named = keys.slot_and_tag(writing.target.name)
        return Part(slot=slot, size=writing.size, tag=named[1] if named else "")

    async def parts(self, assembly: Assembly) -> list[Part]:
        """See `BlobStore.parts`."""
        return await self._threads.run(_parts, self._directory(assembly))

    async def join(self, assembly: Assembly, parts: Sequence[Part]) -> int:
        """See `BlobStore.join`."""
        require_rising(parts)
        whole = self._path(keys.whole(assembly.handle))
        sources = [_Source.of(self._part(assembly, part.slot, part.tag), whole, part) for part in parts]
        total = sum(part.size for part in parts)
        joining = _Joining(_Writing(self._path(assembly.key), self._make_directory), sources, total)
        try:
            await self._threads.run(joining.run)
        except BaseException as error:
            await undone(joining.discard, self._threads, error)
            raise
        return total

    async def discard(self, assembly: Assembly) -> None:
        """See `BlobStore.discard`."""
        await self._threads.run(_remove_parts, self._directory(assembly))

    async def take_apart(self, assembly: Assembly, parts: Sequence[Part], key: str) -> tuple[Assembly, list[Part]]:
        """See `BlobStore.take_apart`."""
        again = Assembly(key=key, handle=assembly.handle)
        self._path(key)
        there = set(await self.parts(assembly))
        for part in parts:
            if part not in there:
                raise KeyError(f"{assembly.handle}{part.slot}")
        await self.delete(assembly.key)
        return again, list(parts)

    async def presign_part(self, assembly: Assembly, slot: int, *, size: int, seconds: int) -> str | None:  # noqa: ARG002
        """See `BlobStore.presign_part`: files have no such thing."""
        require_slot(slot)
        return None

    async def presign_read(self, key: str, *, seconds: int, file_name: str) -> str | None:  # noqa: ARG002
        """See `BlobStore.presign_read`: files have no such thing."""
        return None

    async def tidy(self, *, hours: int, keep: Container[str]) -> int:  # noqa: ARG002 - parts are blobs of their own
        """See `BlobStore.tidy`."""
        return await self._threads.run(_remove_unfinished, self._root, time.time() - hours * 3600)

    async def check(self) -> None:
        """See `BlobStore.check`."""
        await self._threads.run(self._check)

    async def close(self) -> None:
        """See `BlobStore.close`."""
        await asyncio.to_thread(self._threads.close)  # not in our own threads: they cannot wait for themselves

    def _path(self, key: str) -> Path:
        require_key(key)
        return self._root / key

    def _directory(self, assembly: Assembly) -> Path:
        return self._path(assembly.handle.removesuffix("/"))

    def _part(self, assembly: Assembly, slot: int, tag: str) -> Path:
        return self._path(keys.part(assembly.handle, slot, tag))

    def _make_directory(self, directory: Path) -> None:
        """Makes `directory` and its parents, each of them safe on the disk when this returns."""
        with self._making:  # whoever finds a directory made by another call finds it flushed, too
            missing = list(itertools.takewhile(lambda each: not each.is_dir(), (directory, *directory.parents)))
            for each in reversed(missing):
                try:
                    each.mkdir(mode=0o700, exist_ok=True)
                except FileExistsError as error:  # a file of this name
                    if self._root in each.parents:
                        raise ValueError(f"{each.name} is a blob, not a directory of blobs") from error
                    raise
                _flush_directory(each.parent)

    def _open_whole(self, whole: Path) -> FileIO:
        """Opens the file for parts that are written to their places, and makes it first where it is missing."""
        self._make_directory(whole.parent)
        file = FileIO(whole, "r+b", opener=_made_for_us_alone)
        if not os.fstat(file.fileno()).st_size:  # nobody writes to it before its name is safe on the disk
            _flush_directory(whole.parent)
        return file

    def _promote(self, key: str, source: Path, target: Path) -> None:
        if source == target:
            if _size(source) is None:
                raise KeyError(key)
            return
        with medium():
            if _size(source) is None:
                if _size(target) is None:
                    raise KeyError(key)
                return
            self._make_directory(target.parent)
            try:
                os.link(source, target)
            except FileExistsError:
                _require_no_directory(target)
            except FileNotFoundError:  # promoted or deleted by another call since we looked
                if _size(target) is None:
                    raise KeyError(key) from None
            _flush_directory(target.parent)
            _remove(source)

    def _walk(self, prefix: str) -> Iterator[str]:
        waiting = [prefix.rpartition("/")[0]]
        while waiting:
            directory = waiting.pop()
            try:
                entries = os.scandir(self._root / directory)
            except (FileNotFoundError, NotADirectoryError):
                continue
            with entries:
                for entry in entries:
                    key = f"{directory}/{entry.name}" if directory else entry.name
                    if entry.name.startswith(UNLISTED):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if f"{key}/".startswith(prefix):
                            waiting.append(key)
                    elif key.startswith(prefix):
                        yield key

    def _check(self) -> None:
        probe = _Writing(self._root / f"{UNLISTED}check-{new_id()}", self._make_directory)
        try:
            probe.add([b"plugport"])
            probe.place()
        finally:
            probe.discard()
            _remove(probe.target)


class _Writing:
    """A blob on its way into `target`. Blocking.

    A request that is cancelled leaves its last call running in a thread. So every call holds the lock, and `discard`
    both waits for the call that still runs and disarms those that have not begun.
    """

    def __init__(self, target: Path, make_directory: Callable[[Path], None]) -> None:
        self.target = target
        self.size = 0
        self._make_directory = make_directory
        self._temporary = target.with_name(f"{UNLISTED}incoming-{new_id()}")
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._over = False

    def add(self, bundle: Bundle) -> None:
        """Appends the pieces of `bundle`, which are not empty."""
        with self._lock, medium():
            if not self._over:
                written = _write(self._opened(), bundle)
                _hasten(self._opened(), self.size, written)
                self.size += written

    def append(self, source: Path, offset: int, size: int) -> None:
        """Appends `size` bytes of the file `source` from `offset` on. KeyError where they are not there."""
        with self._lock, medium():
            if not self._over:
                try:
                    file = FileIO(source)
                except FileNotFoundError:
                    raise KeyError(source.name) from None
                with file:
                    file.seek(offset)
                    if _copy(file, self._opened(), size) != size:
                        raise KeyError(source.name)
                _hasten(self._opened(), self.size, size)
                self.size += size

    def place(self) -> bool:
        """Makes what was added readable and durable. False where something had the name already; that stays."""
        with self._lock, medium():
            if self._over:
                return False
            os.fsync(self._opened().fileno())
            return self._named(self._temporary)

    def take(self, file: Path) -> bool:
        """As `place`, for the bytes of another file, which are durable already and never change again."""
        with self._lock, medium():
            if self._over:
                return False
            self._make_directory(self.target.parent)
            try:
                return self._named(file)
            except FileNotFoundError:
                raise KeyError(file.name) from None

    def _named(self, file: Path) -> bool:
        try:
            os.link(file, self.target)
            placed = True
        except FileExistsError:
            _require_no_directory(self.target)
            placed = False
        self._end()
        _flush_directory(self.target.parent)
        return placed

    def discard(self) -> None:
        """Removes the temporary file. Harmless after `place`, and twice."""
        with self._lock, medium():
            self._end()

    def revoke(self) -> None:
        """As `discard`, and removes what `place` has made: the name is nobody else's."""
        self.discard()
        _remove(self.target)

    def _opened(self) -> FileIO:
        if self._file is None:
            self._make_directory(self.target.parent)
            self._file = FileIO(self._temporary, "xb", opener=_for_us_alone)
        return self._file

    def _end(self) -> None:
        self._over = True
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)


class _Placing:
    """A part on its way to its place in the file `whole`; one that is too long for it goes on `apart`.

    Blocking, and as `_Writing` where calls overlap.
    """

    def __init__(
        self, whole: Path, slot: int, place: Place, open_whole: Callable[[Path], FileIO], apart: _Writing
    ) -> None:
        self.size = 0
        self._whole = whole
        self._slot = slot
        self._place = place
        self._open = open_whole
        self._apart = apart
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._over = False

    @property
    def target(self) -> Path:
        """The file that says that the part is there, as far as it has come; it is empty unless the part lies apart."""
        return self._apart.target if self._is_apart else self._said

    def add(self, bundle: Bundle) -> None:
        """As `_Writing.add`."""
        with self._lock, medium():
            if self._over:
                return
            before = self.size
            self.size += sum(map(len, bundle))
            if not self._is_apart:
                _write(self._opened(), bundle)
                _hasten(self._opened(), self._place.offset + before, self.size - before)
                return
            if self._file is not None:
                self._close()
                self._apart.append(self._whole, self._place.offset, before)
            self._apart.add(bundle)

    def place(self) -> bool:
        """Makes the part durable, and says that it is there."""
        with self._lock, medium():
            if self._over:
                return False
            if self._is_apart:
                return self._apart.place()
            os.fsync(self._opened().fileno())
            FileIO(self._said, "xb", opener=_for_us_alone).close()
            self._close()
            self._over = True
            return True

    def revoke(self) -> None:
        """Says nothing of the part. Its bytes stay where nobody looks for any."""
        with self._lock, medium():
            self._over = True
            self._close()
            self._said.unlink(missing_ok=True)
        self._apart.revoke()

    @property
    def _is_apart(self) -> bool:
        return self.size > self._place.room

    @property
    def _said(self) -> Path:
        return self._whole.parent / keys.part("", self._slot, keys.placed(self._place.offset, self.size))

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = self._open(self._whole)
            self._file.seek(self._place.offset)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the bytes of a part lie: in `file` from `offset` on. `name` is the file that says so, perhaps the same."""

    name: Path
    file: Path
    offset: int
    size: int

    @classmethod
    def of(cls, name: Path, whole: Path, part: Part) -> "_Source":
        found = keys.place_and_size(part.tag)
        return cls(name, name if found is None else whole, 0 if found is None else found[0], part.size)

    def check(self) -> None:
        """Raises `KeyError` where the part is not there."""
        size = _size(self.file)
        is_placed = self.file != self.name
        there = size is not None and (size >= self.offset + self.size if is_placed else size == self.size)
        if not there or (is_placed and _size(self.name) is None):
            raise KeyError(self.name.name)


class _Joining:
    """Parts on their way into one file. Blocking; `discard` ends a `run` that is under way after its present part."""

    def __init__(self, writing: _Writing, sources: Sequence[_Source], total: int) -> None:
        self._writing = writing
        self._sources = sources
        self._total = total

    def run(self) -> None:
        """Makes the file, unless it is there already."""
        if self._is_made():
            return
        try:
            placed = self._placed() if self._is_whole() else self._copied()
        except KeyError:
            if not self._is_made():  # else joined by another call meanwhile, and the parts are discarded
                raise
            return
        if not placed:
            self._is_made()

    def discard(self) -> None:
        """Removes what was not finished. Harmless after `run`."""
        self._writing.discard()

    def _is_whole(self) -> bool:
        """Whether every part lies in its place already. Then nobody writes there any more: each place is one part's."""
        whole, end = self._sources[0].file, 0
        for source in self._sources:
            if (source.file, source.offset) != (whole, end):
                return False
            end += source.size
        return whole != self._sources[0].name and _size(whole) == end

    def _placed(self) -> bool:
        for source in self._sources:
            source.check()
        return self._writing.take(self._sources[0].file)

    def _copied(self) -> bool:
        for source in self._sources:
            source.check()
            self._writing.append(source.file, source.offset, source.size)
        return self._writing.place()

    def _is_made(self) -> bool:
        there = _size(self._writing.target)
        if there not in (None, self._total):
            raise FileExistsError(f"{self._writing.target.name} has {there} bytes, and its parts {self._total}")
        return there is not None


@contextmanager
def _present(key: str) -> Iterator[None]:
    """As `_medium`, and a file that is not there is a missing key."""
    with medium():
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise KeyError(key) from None


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _made_for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)


def _size(path: Path) -> int | None:
    with medium():
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if file_status.S_ISREG(found.st_mode) else None


def _remove(path: Path) -> None:
    """Removes the blob at `path`, where there is one, and flushes its directory: what is gone does not come back."""
    if _size(path) is not None:
        with medium():
            path.unlink(missing_ok=True)
            _flush_directory(path.parent)


def _remove_parts(directory: Path) -> None:
    with medium():
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    Path(entry.path).unlink(missing_ok=True)
            directory.rmdir()
            _flush_directory(directory.parent)
        except OSError as error:
            # There is none, or another call removes it; or parts still come in, which nobody needs any more.
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
                raise


def _parts(directory: Path) -> list[Part]:
    with medium():
        try:
            entries = os.scandir(directory)
        except FileNotFoundError:
            return []
        with entries:
            found = [(keys.slot_and_tag(entry.name), _size(Path(entry.path))) for entry in entries]
        parts = [_part_of(*name, size) for name, size in found if name and size is not None]
        return sorted(parts, key=lambda part: part.slot)


def _part_of(slot: int, tag: str, size: int) -> Part:
    placed = keys.place_and_size(tag)
    return Part(slot=slot, size=size if placed is None else placed[1], tag=tag)


def _remove_unfinished(root: Path, before: float) -> int:
    """Removes every file that no key names and that nobody has written to since `before` (seconds since 1970)."""
    removed = 0
    with medium():
        for directory, _, names in os.walk(root):
            for name in names:
                if not name.startswith(UNLISTED):
                    continue
                path = Path(directory, name)
                try:
                    if path.stat().st_mtime <= before:
                        path.unlink()
                        removed += 1
                except FileNotFoundError:
                    continue  # finished meanwhile
    return removed


def _hasten(file: FileIO, offset: int, size: int) -> None:
    """Lets the system begin to write these bytes to the disk, so that flushing the file has little to wait for.

    It does so when it is told that they will not be needed in memory; as they are not on the disk yet, they stay there.
    """
    if hasattr(os, "posix_fadvise"):  # macOS has none
        os.posix_fadvise(file.fileno(), offset, size, os.POSIX_FADV_DONTNEED)


def _write(file: FileIO, bundle: Bundle) -> int:
    """Writes all of `bundle`; answers how many bytes that were."""
    size = sum(map(len, bundle))
    written = os.writev(file.fileno(), bundle)
    if written < size:  # a call stops at 2 GiB, or where the room ends: then the next one says so
        left = memoryview(b"".join(bundle))[written:]
        while left:
            left = left[file.write(left) :]
    return size


def _copy(source: FileIO, target: FileIO, size: int) -> int:
    """Appends up to `size` bytes of `source`, by the system itself where it can; answers how many there were."""
    copied = 0
    try:
        while copied < size and (count := os.copy_file_range(source.fileno(), target.fileno(), size - copied)):
            copied += count
    except OSError as error:
        if error.errno not in _NO_COPYING:
            raise
    while copied < size and (piece := source.read(min(_PIECE_BYTES, size - copied))):
        copied += _write(target, [piece])
    return copied


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_no_directory(target: Path) -> None:
    if target.is_dir():
        raise ValueError(f"{target.name} is the directory of other blobs")


def _next_keys(walk: Iterator[str]) -> list[str]:
    with medium():
        return list(itertools.islice(walk, _KEYS_AT_ONCE))
