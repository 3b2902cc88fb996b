"""Connection URLs: what in one would be misread, and could then be told to somebody."""


def has_unescaped_signs(url: str) -> bool:
    """Whether user or password hold signs that a reader takes for their end.

    What comes after them would be taken for a host or a database, and stand in messages.

    >>> has_unescaped_signs("postgresql://u:p@ss@host/d"), has_unescaped_signs("x://u:p%40@host/d")
    (True, False)
    """
    _, _, rest = url.partition("://")
    who, _, _ = rest.rpartition("@")
    return any(sign in who for sign in "@/?#")
