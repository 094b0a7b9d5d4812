"""Mesa agents: each is a view of one row of the state.

An agent's fields are attributes (`site.ready`, `cell.skill`; units in `state.py`); setting one changes the run.
`step()` reads like the rule said aloud: when due, do what the rule of that kind of agent says. To try a new
behaviour, subclass an agent, override `step()`, and pass the class to `PostureModel(agents={...})`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import mesa
from mesa.discrete_space import CellAgent

from sim.errors import ConfigError
from sim.schedule import RULE_OF
from sim.state import STATE, WORDS
from sim.suggestions import one_of
from sim.world import ROLES


def _field(name: str) -> property:
    """A property that reads and writes one field of the agent's row."""

    def read(agent: Any) -> Any:
        value = agent.row[name]
        return value.item() if value.ndim == 0 else value

    def write(agent: Any, value: Any) -> None:
        agent.row[name] = value

    return property(read, write, doc=f"field {name!r} of the agent's row, see sim/state.py")


def _word(name: str, words: tuple[str, ...]) -> property:
    """A property that says the number in a field of the agent's row in words."""
    return property(lambda agent: words[agent.row[name]], doc=f"field {name!r} in words")


class RunningModel(Protocol):
    """What an agent needs of its model."""

    world: Any
    state: Any
    addresses: tuple[int, int]
    factions: list[Faction]

    @property
    def hour(self) -> int:
        """Hours since the start."""


class AgentOfRow:
    """What all agents share: a row of the state, and the row of the world with what is constant about them."""

    kind: ClassVar[str]
    plans: ClassVar[str]

    def __init_subclass__(cls, kind: str = "", plans: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind:
            cls.kind, cls.plans = kind, kind if plans is None else plans
            AGENTS.setdefault(kind, cls)
            for field in STATE[kind].base.names or ():
                setattr(cls, field, _field(field))
                if (kind, field) in WORDS:
                    setattr(cls, f"{field}_name", _word(field, WORDS[kind, field]))

    def __init__(self, model: RunningModel, index: int, name: str) -> None:
        """Make the agent a view of row `index`."""
        super().__init__(model)  # type: ignore[call-arg]  # Mesa's
        self.index, self.name = index, name
        rows = model.state[self.kind]
        self.row: Any = rows[index]
        self.plan: Any = model.world[self.plans][index] if self.plans else None
        self._wakes: Any = rows["wake"] if "wake" in rows.dtype.names else None

    @property
    def due(self) -> bool:
        """Is there anything to do in this hour?"""
        return bool(self._wakes[self.index] <= self.model.hour)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def remove(self) -> None:
        """Refused: an agent is a view of a row, which the rules would go on with."""
        what = "it can't be taken out of a run, whose rules go on with its row"
        raise ConfigError(
            None, "agent", self.name, f"{what}; to let it do nothing, override step() in a class of yours"
        )

    def leave(self) -> None:
        """Leave Mesa's model and network: for the model alone, when the row is no longer this agent's."""
        super().remove()  # type: ignore[misc]  # Mesa's

    def step(self) -> None:
        """One hour: what the rule says, when due."""
        if self.due:
            RULE_OF[self.kind](self.index, *self.model.addresses)  # type: ignore[attr-defined]


AGENTS: dict[str, type[AgentOfRow]] = {}
"""Kind of agent → its class: every class below that names its kind."""


def classes_of(own: Mapping[str, Any]) -> dict[str, type[AgentOfRow]]:
    """The class of each kind, those of one's own among them; each must be a subclass of the one that it stands for."""
    for kind, of_kind in own.items():
        if kind not in AGENTS:
            raise ConfigError(
                None, "agents", kind, f"this kind is unknown: it must be {one_of(str(kind), list(AGENTS))}"
            )
        if not (isinstance(of_kind, type) and issubclass(of_kind, AGENTS[kind])):
            allowed = f"it must be a subclass of sim.agents.{AGENTS[kind].__name__}"
            raise ConfigError(None, f"agents[{kind!r}]", getattr(of_kind, "__name__", of_kind), allowed)
    return {**AGENTS, **own}


class RowAgent(AgentOfRow, CellAgent):
    """An agent on the map: a row of the state that stands in a square of the network."""


class OffMapAgent(AgentOfRow, mesa.Agent):
    """An agent that stands nowhere on the map: a faction, a government, the coordinating body."""


class MilitiaCell(RowAgent, kind="cells"):
    """Decides to act, picks target and means, moves, fires or lays bombs, learns, hides, may be caught."""

    @property
    def faction(self) -> Faction:
        """The faction it belongs to."""
        return self.model.factions[int(self.plan["faction"])]


class Convoy(RowAgent, kind="convoys", plans=""):
    """Carries supply from a gateway to a site, Iraqi-driven."""


class Site(RowAgent, kind="sites"):
    """Is defended, is hit, uses supply, orders convoys."""

    @property
    def due(self) -> bool:
        """A site that has been handed over does nothing any more."""
        return bool(self.row["open"])


class IraqiUnit(RowAgent, kind="units"):
    """Checkpoint, patrol or reaction unit: deters by presence, finds bombs and cells, raids."""

    @property
    def role_name(self) -> str:
        """The role in words."""
        return ROLES[self.plan["role"]]


class ForeignDetail(RowAgent, kind="details", plans="details_on_road"):
    """Another nation's or the UN's protected vehicles on the roads."""


class Faction(OffMapAgent, kind="factions"):
    """Groups cells: they share what they expect of each option, momentum, leaders, funds and restraint."""


class Washington(OffMapAgent, kind="washington", plans=""):
    """The US government: patience, and a ladder of warning, threat, strike and closure."""


class Baghdad(OffMapAgent, kind="baghdad", plans=""):
    """Iraq's government: political capital, will and support."""


class Coordinator(OffMapAgent, kind="coordinator", plans=""):
    """The body above the factions: a common tempo and focus, directives and truces."""


ON_MAP = tuple(kind for kind, of_kind in AGENTS.items() if issubclass(of_kind, RowAgent))
"""Kinds that stand on the map."""
MOVING = tuple(kind for kind in ON_MAP if "square" in (STATE[kind].base.names or ()))
"""Those of which the state says where they are; the others stand where their plan says."""
