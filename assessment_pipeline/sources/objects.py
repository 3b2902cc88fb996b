"""Delivery files in another folder or an object store, through fsspec: `<D>/<name>.jsonl[...]`.

An object is copied once. What it was then (its size, and its ETag or else its time) is remembered,
so that a look costs a listing. It is copied only if it is the same before and after it was read;
one without an ETag must also have been left alone for some seconds, since a file can be seen while
it grows. One that has changed since it was copied is named and never copied over the file that is
there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from upath import UPath

from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.instants import is_day
from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.sources.folder import DELIVERY_SUFFIXES
from assessment_pipeline.sources.port import Fetched, Inbox, LeftForLaterError

# A file that is written to more seldom than this, and not under another name first, is copied
# in part; the next look then says that it has changed.
QUIET_SECONDS: Final = 10

_BLOCK_BYTES: Final = 1 << 20
# So many objects that cannot be read are no matter of these objects.
_MOST_UNREADABLE: Final = 3
_LONGEST_NAME_BYTES: Final = 255
# What file systems call the tag that changes with an object's content, and its time.
_TAGS: Final = ("ETag", "etag", "e_tag", "md5Hash", "content_md5", "checksum", "generation")
_TIMES: Final = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")


class _UnreadableError(StorageError):
    """One object cannot be read; others may."""


class _State(msgspec.Struct, frozen=True, array_like=True):
    """What tells one content of an object from another without reading it."""

    size: int
    token: str


class _Memory(msgspec.Struct):
    """What is remembered of a day: objects that were copied, and those that were refused."""

    copied: dict[str, _State] = {}
    refused: dict[str, _State] = {}


@dataclass(frozen=True, slots=True)
class _Object:
    path: str
    state: _State
    modified: datetime | None
    """When it last changed; None for one with a tag, which appears whole."""


@dataclass
class _Listing:
    days: dict[str, dict[str, _Object]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class ObjectStore:
    """A folder of delivery days that fsspec can open."""

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        """Name the folder by its URL; UsageError if nothing installed here can open it."""
        parts = urlsplit(url)
        if not parts.scheme or "://" not in url:
            raise UsageError(
                "ASSESSMENT_PIPELINE_DELIVERY_SOURCE is no URL of a folder, such as "
                "s3://bucket/deliveries or file:///srv/deliveries: mend it, or unset it"
            )
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._is_local = parts.scheme in {"file", "local"}
        self._clock = clock
        self._unreadable = 0
        self._key = f"objects-{sha256(self._name.encode()).hexdigest()[:16]}"
        try:
            path = UPath(url)
            self._files: Any = path.fs
            self._root = str(path.path).rstrip("/")
        except ImportError as error:
            raise UsageError(
                f"{self._name} needs a package that is not installed ({error.name or 'see fsspec'})"
                f": install fsspec's package for {parts.scheme}, such as s3fs, gcsfs, adlfs or "
                "paramiko"
            ) from None
        except Exception as error:  # noqa: BLE001 - each file system has its own
            raise self._failure("opened", error) from None

    @property
    def name(self) -> str:
        """The URL without who asks."""
        return self._name

    def fetch(self, inbox: Inbox, is_enough: Callable[[], bool]) -> Fetched:
        """Copy the objects that are new."""
        self._unreadable = 0
        listing = self._list()
        fetched = Fetched(self._name, problems=listing.problems)
        for day, objects in sorted(listing.days.items()):
            self._fetch_day(inbox, day, objects, fetched, is_enough)
        return fetched

    def _list(self) -> _Listing:
        listing = _Listing()
        try:
            self._files.invalidate_cache()
            found = self._found()
        except Exception as error:  # noqa: BLE001 - each file system has its own
            raise self._failure("listed", error) from None
        for path, described in found.items():
            *folders, name = path.removeprefix(self._root).strip("/").split("/")
            if not name.endswith(DELIVERY_SUFFIXES) or name.startswith("."):
                continue
            problem = _unfit(folders, name, described)
            if problem:
                shown = path.encode("unicode_escape").decode()
                listing.problems.append(f"{self._name}: {shown} {problem}.")
            else:
                listing.days.setdefault(folders[0], {})[name] = _described(path, described)
        return listing

    def _found(self) -> dict[str, dict[str, Any]]:
        if not self._files.exists(self._root):
            # Mistyped, or not mounted; an object store has no folders, so none can be missing.
            if self._is_local:
                raise FileNotFoundError(self._root)
            return {}
        found: dict[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        return found

    def _fetch_day(
        self,
        inbox: Inbox,
        day: str,
        objects: dict[str, _Object],
        fetched: Fetched,
        is_enough: Callable[[], bool],
    ) -> None:
        key = f"{self._key}/{day}.json"
        memory = _decode(inbox.recall(key))
        before = _encode(memory)
        names = inbox.names(day)
        try:
            for name, thing in sorted(objects.items()):
                if memory.copied.get(name) == thing.state:
                    if name not in names:
                        fetched.problems.append(self._vanished(day, name))
                elif name in names and memory.refused.get(name) == thing.state:
                    fetched.problems.append(self._changed(day, name))
                elif is_enough():
                    fetched.left += 1
                else:
                    self._fetch_one(inbox, day, name, thing, memory, fetched)
        finally:
            # What was copied is remembered also if the next copy failed.
            if _encode(memory) != before:
                inbox.remember(key, _encode(memory))

    def _fetch_one(
        self,
        inbox: Inbox,
        day: str,
        name: str,
        thing: _Object,
        memory: _Memory,
        fetched: Fetched,
    ) -> None:
        # A file that was copied once and is gone was erased, or is capture's to miss.
        if name in memory.copied and name not in inbox.names(day):
            fetched.problems.append(self._vanished(day, name))
            return
        if self._may_grow(thing):
            fetched.left += 1
            return
        try:
            fetched.add(day, name, inbox.put(day, name, self._blocks(day, name, thing)))
        except LeftForLaterError:
            fetched.left += 1
        except _UnreadableError as error:
            fetched.left += 1
            self._unreadable += 1
            fetched.problems.append(str(error))
            if self._unreadable >= _MOST_UNREADABLE:
                raise self._failure("read", error) from None
        except UsageError:
            memory.refused[name] = thing.state
            fetched.problems.append(self._changed(day, name))
        else:
            memory.copied[name] = thing.state
            memory.refused.pop(name, None)

    def _may_grow(self, thing: _Object) -> bool:
        if thing.modified is None:
            return False
        return self._clock() - thing.modified < timedelta(seconds=QUIET_SECONDS)

    def _blocks(self, day: str, name: str, thing: _Object) -> Iterator[bytes]:
        """Yield an object's bytes; LeftForLaterError if it is not what was listed."""
        size = 0
        try:
            # A listing may describe an object otherwise than a look at it alone does.
            before = self._look_at(thing.path)
            with self._files.open(thing.path, "rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    size += len(block)
                    yield block
            after = self._look_at(thing.path)
        except FileNotFoundError:
            raise LeftForLaterError from None
        except Exception as error:  # noqa: BLE001 - each file system has its own
            raise _UnreadableError(
                f"{day}/{name} of {self._name} cannot be read ({type(error).__name__}): check the "
                "right to read it; the next look tries it again."
            ) from None
        if before != after or not size == after.size == thing.state.size:
            raise LeftForLaterError

    def _look_at(self, path: str) -> _State:
        self._files.invalidate_cache()
        return _described(path, self._files.info(path)).state

    def _failure(self, done: str, error: Exception) -> StorageError:
        # Not its text: that may hold a key or a header.
        return StorageError(
            f"The delivery source {self._name} cannot be {done} ({type(error).__name__}): check "
            "its address, that it can be reached, and the right to read it; then fetch again"
        )

    def _changed(self, day: str, name: str) -> str:
        return (
            f"deliveries/{day}/{name} is not what {self._name} has under this name now, and "
            "deliveries never change: put the former content back there, and deliver the new one "
            "under another name."
        )

    def _vanished(self, day: str, name: str) -> str:
        return (
            f"deliveries/{day}/{name} was fetched from {self._name} and is gone: remove it there "
            "too if it was erased, else `fetch --from-start` brings it again."
        )


def _unfit(folders: list[str], name: str, described: dict[str, Any]) -> str:
    """Say why an object cannot be a delivery file; nothing if it can."""
    if len(folders) != 1 or not is_day(folders[0]):
        return "lies in no day's folder: move it to <YYYY-MM-DD>/"
    if described.get("type") != "file":
        return "is no regular file: put one in its place"
    if not name.isprintable() or len(name.encode(errors="replace")) > _LONGEST_NAME_BYTES:
        return "has a name that no delivery file can have: rename it"
    if not isinstance(described.get("size"), int):
        return "has no size that could be compared: choose another kind of source"
    return ""


def _described(path: str, described: dict[str, Any]) -> _Object:
    tag = next((f"{key}={described[key]}" for key in _TAGS if described.get(key)), None)
    time = next((described[key] for key in _TIMES if described.get(key)), None)
    moment = _moment(time)
    state = _State(int(described["size"]), tag or f"time={moment or time}")
    return _Object(path, state, None if tag else moment)


def _moment(time: object) -> datetime | None:
    if isinstance(time, int | float):
        return datetime.fromtimestamp(time, UTC)
    if isinstance(time, datetime):
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None


def _decode(content: bytes | None) -> _Memory:
    """Return what is remembered; what cannot be read is nothing, and is compared anew."""
    try:
        return _Memory() if content is None else msgspec.json.decode(content, type=_Memory)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Memory()


def _encode(memory: _Memory) -> bytes:
    fields: Json = msgspec.to_builtins(memory)
    return canonical_json(fields) + b"\n"
