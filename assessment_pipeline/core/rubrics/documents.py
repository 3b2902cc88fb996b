"""Documents: a rubric file as the JSON document that its content hash is taken over.

Holds the YAML dialect of the contract and nothing about rubrics. Only `true`, `false`, `null` and
plain decimal integers are typed; every other plain scalar is its own text, so that any YAML
library gives the same document and no number is ever a binary float. What YAML libraries read
differently, or what could hide something from a reader, is refused: duplicate keys, anchors,
aliases, merge keys, tags, several documents. The parser's events are read without recursion.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import yaml

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.rubrics.problems import RubricProblem, json_pointer

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 32

Document: TypeAlias = dict[str, Json]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_TYPED: Final = {"true": True, "false": False, "null": None}
_LARGEST = 2**63 - 1
_LONGEST_INTEGER = 20
_SURROGATES = re.compile("[\ud800-\udfff]")
# What PyYAML's two parsers are known to read differently; the slower one then decides, so that
# a file means the same whether or not the faster one (libyaml) is installed.
_DISPUTED = re.compile(
    r"(?m)^%|[^\n\x20-\x7e\u00a1-\u1fff\u3000-\ud7ff]|[?]|[|>][^\n#|>]*+#|:[^\s\w/\"']"
)
_FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _RefusedError(Exception):
    """A document that the dialect does not have; never leaves this module."""

    def __init__(
        self, message: str, remedy: str, line: int | None = None, pointer: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.line = line
        self.pointer = pointer


def read_document(content: bytes, file: str) -> Document | RubricProblem:
    """Read a rubric file in the dialect; a problem, with line and pointer, if it is refused.

    Args:
        content: the bytes of the file.
        file: the name to show for it.
    """
    try:
        text = _decoded(content)
        return _built(text, yaml.SafeLoader if _DISPUTED.search(text) else _FAST_LOADER)
    except _RefusedError as refused:
        return RubricProblem(file, refused.pointer, refused.message, refused.remedy, refused.line)


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _RefusedError("the file is larger than 4 MiB", "split the assessment")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _RefusedError("the file is not UTF-8", "save it as UTF-8", line) from None
    for character, name in (("\ufeff", "byte order mark"), ("\0", "NUL character")):
        place = text.find(character)
        if place >= 0:
            line = text.count("\n", 0, place) + 1
            raise _RefusedError(f"the file has a {name}", "save it as plain UTF-8 without it", line)
    return text


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    content: list[Json] | dict[str, Json]
    key: str | None = field(default=None)

    @property
    def step(self) -> str | int | None:
        return self.key if isinstance(self.content, dict) else len(self.content)


class _Builder:
    """Puts a document together from parser events, one after another."""

    def __init__(self) -> None:
        self.document: Json = None
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self._start_document(event, line)
            case yaml.AliasEvent():
                raise self._refused("an alias (*)", "write the value out again", line)
            case yaml.ScalarEvent():
                self._refuse_anchor_and_tag(event, line)
                self._scalar(event, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_anchor_and_tag(event, line)
                self._start(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._put(self._open.pop().content)
            case _:
                pass

    def _start_document(self, event: yaml.DocumentStartEvent, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _RefusedError(
                "the file has several YAML documents", "keep one rubric version in a file", line
            )
        if event.version or event.tags:
            raise _RefusedError("the file has a YAML directive (%)", "remove it")

    def _refuse_anchor_and_tag(self, event: Any, line: int) -> None:  # noqa: ANN401
        if event.anchor is not None:
            raise self._refused("an anchor (&)", "remove it and write values out", line)
        if event.tag is not None:
            raise self._refused("a tag (!)", "remove it; use quotes to make a text", line)

    def _refused(self, what: str, remedy: str, line: int) -> _RefusedError:
        return _RefusedError(f"{what} is not part of the dialect", remedy, line, self._pointer())

    def _pointer(self) -> str:
        steps = [each.step for each in self._open]
        return json_pointer([step for step in steps if step is not None])

    def _start(self, event: yaml.Event, line: int) -> None:
        if self._is_at_key():
            raise self._refused("a list or mapping as a key", "use a text as the key", line)
        if len(self._open) >= MAX_DEPTH:
            raise _RefusedError(
                f"more than {MAX_DEPTH} nested lists and mappings",
                "flatten it",
                line,
                self._pointer(),
            )
        self._open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else []))

    def _is_at_key(self) -> bool:
        return bool(self._open) and (
            isinstance(self._open[-1].content, dict) and self._open[-1].key is None
        )

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        text = event.value
        if _SURROGATES.search(text) or "\0" in text:
            raise _RefusedError(
                "a text has a NUL or half a surrogate pair",
                "remove the escape",
                line,
                self._pointer(),
            )
        is_plain = event.implicit[0]
        if self._is_at_key():
            self._key(text, line, is_plain=is_plain)
        else:
            self._put(self._typed(text, line) if is_plain else text)

    def _key(self, text: str, line: int, *, is_plain: bool) -> None:
        top = self._open[-1]
        pointer = f"{self._pointer()}{json_pointer([text])}"
        if is_plain and text == "<<":
            raise self._refused("a merge key (<<)", "write the fields out", line)
        if is_plain and text in _TYPED:
            raise _RefusedError(f"{text} is not a text", "put the key in quotes", line, pointer)
        if text in top.content:
            raise _RefusedError(f"the key {text} is there twice", "keep one of them", line, pointer)
        top.key = text

    def _typed(self, text: str, line: int) -> Json:
        if text in _TYPED:
            return _TYPED[text]
        if not _INTEGER.fullmatch(text):
            return text
        if len(text) <= _LONGEST_INTEGER and -_LARGEST - 1 <= int(text) <= _LARGEST:
            return int(text)
        raise _RefusedError(
            "an integer lies outside 64 bits", "put it in quotes", line, self._pointer()
        )

    def _put(self, value: Json) -> None:
        if not self._open:
            self.document = value
            return
        top = self._open[-1]
        if isinstance(top.content, list):
            top.content.append(value)
        else:
            # A mapping's key is put first, by itself.
            top.content[cast("str", top.key)] = value
            top.key = None


def _built(text: str, loader: Any) -> Document:  # noqa: ANN401
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        line, reason = _syntax_error(error, text)
        raise _RefusedError(f"this is not YAML: {reason}", "correct the line", line) from None
    if not isinstance(builder.document, dict):
        raise _RefusedError(
            "the document is not a mapping", "start it with assessment_id, version and items"
        )
    return builder.document


def _syntax_error(error: yaml.YAMLError, text: str) -> tuple[int | None, str]:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return error.problem_mark.line + 1, str(error.problem or error.context)
    position = getattr(error, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
    return line, "a character that YAML does not allow"
