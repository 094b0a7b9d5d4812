"""What shares a square: a bomb, a patrol and a convoy in one square meet, wherever in it they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sim.numbers import counted
from sim.theatre import Square, cut, square_at
from sim.theatre_config import Place, Road, TheatreConfig


@dataclass(frozen=True)
class Sharing:
    """Squares that hold several places, and pairs of roads that meet at no place and yet have a square in common."""

    places: int
    roads: int

    def __str__(self) -> str:
        """What is shared, in words; empty for nothing."""
        places = f"{counted(self.places, 'square')} with several places" if self.places else ""
        roads = f"{counted(self.roads, 'pair')} of roads that share a square and do not meet" if self.roads else ""
        return " and ".join(filter(None, (places, roads)))


def sharing(config: TheatreConfig) -> Sharing:
    """What the grid of a theatre puts together that its map keeps apart."""
    places = {place.name: place for place in config.places}
    held = Counter(square_at(place.x_km, place.y_km, config.square_km) for place in config.places)
    ways = [({road.start, road.to}, _squares(road, places, config)) for road in config.roads]
    roads = sum(1 for (a, x), (b, y) in combinations(ways, 2) if x & y and not a & b)
    return Sharing(sum(n > 1 for n in held.values()), roads)


def _squares(road: Road, places: Mapping[str, Place], config: TheatreConfig) -> set[Square]:
    step_km = config.road_classes[road.road_class].step_km or config.square_km
    return set(cut((places[road.start], places[road.to]), config.square_km, step_km)[0])
