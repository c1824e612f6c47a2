"""A search on disk, to go on with later."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from ksmlib.explore.search import Search

#: First bytes of the file; changes with what a search holds.
MAGIC = b"ksmlib explore 2\n"


class NoCheckpoint(Exception):
    """The file cannot be used; the message is one sentence."""


def save(search: Search[Any, Any], path: Path) -> None:
    """Write the search, replacing an older one only when all is written."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(MAGIC)
        pickle.dump(search, file, pickle.HIGHEST_PROTOCOL)
    new.replace(path)


def load(path: Path) -> Search[Any, Any]:
    """Read a search. Only of a file one trusts: unpickling runs what it says.

    Raises NoCheckpoint.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise NoCheckpoint(f"{path} is not a checkpoint of this version")
            search = pickle.load(file)
    except OSError as error:
        raise NoCheckpoint(f"cannot read {path}: {error.strerror}") from None
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError) as error:
        raise NoCheckpoint(f"{path} is damaged: {error}") from None
    assert isinstance(search, Search)
    return search
