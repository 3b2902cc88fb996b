"""Labels: the words of the pages, by language.

A catalogue is a flat JSON object of keys and texts, `labels/<language>.json`; what one lacks is
taken from the English one. A text may have places such as `{count}`, which are filled with values
and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Final

import msgspec

from assessment_pipeline.errors import UsageError

ENGLISH: Final = "en"
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of one language."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its places filled; the key itself where it is in no catalogue."""
        text = self.texts.get(key, key)
        return _PLACE.sub(lambda found: str(values.get(found.group(1), found.group())), text)

    @property
    def direction(self) -> str:
        """Return how the language is written: ltr or rtl."""
        return "rtl" if self.texts.get("direction") == "rtl" else "ltr"


def languages() -> tuple[str, ...]:
    """Return the languages that come with the program."""
    names = (entry.name for entry in files(__package__).joinpath("labels").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def load_labels(language: str = ENGLISH, given: bytes | None = None) -> Labels:
    """Return the labels of a language.

    Args:
        language: a language tag; without `given` it must be one of `languages()`.
        given: a catalogue of the user's own, whose texts go before the others.
    """
    if not _LANGUAGE.fullmatch(language):
        raise UsageError("--language is a language tag, such as en, de or pt-BR.")
    known = languages()
    if language not in known and given is None:
        raise UsageError(
            f"There are no labels for this language; choose one of {', '.join(known)}, "
            "or give a catalogue with --labels."
        )
    texts = dict(_shipped(ENGLISH))
    if language in known:
        texts |= _shipped(language)
    if given is not None:
        own = _read(given)
        _require_known(own, texts)
        texts |= own
    return Labels(language, texts)


def _shipped(language: str) -> dict[str, str]:
    return _read(files(__package__).joinpath("labels", f"{language}.json").read_bytes())


def _require_known(own: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Refuse a text that no page would show: its key is mistyped."""
    unknown = sorted(own.keys() - known.keys())
    if not unknown:
        return
    alike = get_close_matches(unknown[0], known, 1)
    meant = f"; did you mean {alike[0]!r}?" if alike else "."
    more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
    raise UsageError(
        f"The labels have the key {unknown[0]!r}{more}, which no page has{meant} The keys are "
        "those of assessment_pipeline/pages/labels/en.json."
    )


def _read(content: bytes) -> dict[str, str]:
    try:
        return msgspec.json.decode(content, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UsageError(
            "The labels are not a JSON object of texts; docs/scorecard-pages.md shows one."
        ) from None
