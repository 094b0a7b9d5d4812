"""Theatres as they were built, kept in files: building one takes longer than a month of simulation.

A file is found by a hash of what a theatre is made of: its content, these sources, and the libraries that number the
squares and find the ways. The same hash stands in the file, so one under a wrong name is not taken.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import numpy as np

from sim import kept_files
from sim.compiled import source_hash, target
from sim.kept_files import THEATRE, Kept
from sim.theatre import Theatre, build_theatre
from sim.theatre_config import File, TheatreConfig

_PLACES, _SQUARES, _NAMES = "place_names", "place_squares", "neighbourhood_names"


def kept_theatre(config: TheatreConfig, file: File = None) -> Theatre:
    """`build_theatre`, or what it gave before for the same. Where nothing can be kept, it is built each time."""
    made_by = ", ".join(f"{library} {version(library)}" for library in ("networkx", "numpy"))
    made_of = "\n".join((config.model_dump_json(), source_hash(), made_by))
    name = hashlib.sha256(made_of.encode()).hexdigest()
    place = f"{name[:16]}{THEATRE}", source_hash(), target()
    found = kept_files.find(*place)
    if found is not None and found.symbol == name:
        return _unpacked(found.data, config)
    theatre = build_theatre(config, file)
    with suppress(OSError):
        kept_files.write(kept_files.path_of(kept_files.folder(), *place), Kept(name, made_by, _packed(theatre)))
    return theatre


def _packed(theatre: Theatre) -> bytes:
    """What a theatre has beside its config."""
    arrays: dict[str, Any] = {name: value for name, value in vars(theatre).items() if isinstance(value, np.ndarray)}
    arrays |= {_PLACES: np.array(list(theatre.places)), _SQUARES: np.array(list(theatre.places.values()))}
    arrays[_NAMES] = np.array(theatre.neighbourhood_names, np.str_)
    with io.BytesIO() as file:
        np.savez(file, **arrays)
        return file.getvalue()


def _unpacked(data: bytes, config: TheatreConfig) -> Theatre:
    with np.load(io.BytesIO(data)) as file:
        arrays: dict[str, Any] = dict(file)
    places = dict(zip(arrays.pop(_PLACES).tolist(), arrays.pop(_SQUARES).tolist(), strict=True))
    names = tuple(arrays.pop(_NAMES).tolist())
    more: dict[str, Any] = {"n_squares": len(arrays["x_km"]), "places": places, "neighbourhood_names": names}
    return Theatre(name=config.name, square_km=config.square_km, config=config, **more, **arrays)
