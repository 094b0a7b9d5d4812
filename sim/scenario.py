"""Scenarios: TOML files, validated, composed (theatre + posture + changed parameters), never half right.

Every refusal is a `ConfigError` that names file, key, value and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from sim.calendars import Calendar
from sim.config_files import StrictTable, find, names, read_toml, validate
from sim.errors import ConfigError
from sim.in_force import InForce, check_uses, numbered
from sim.input_files import number_of, whole_number_of
from sim.kept_theatres import kept_theatre
from sim.measures import MONTHS, Periods, quarters_reached
from sim.parameters import Parameters
from sim.responses import Response, Use
from sim.suggestions import one_of
from sim.texts import Name
from sim.theatre import Theatre, area_names, rows_of_areas
from sim.theatre_config import TheatreConfig

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Of a start: with the longest run behind it all dates can be held by what reads the tables."""


class SitePlan(StrictTable):
    """One site that is held from the start."""

    name: str
    people: int = Field(ge=0, le=100_000, description="US people there at the start")
    batteries: int = Field(default=0, ge=0, le=20, description="C-RAM batteries there at the start")
    source: str = "judgement"


class Handover(StrictTable):
    """A site is left on a day: a share of its people go home, the rest and all else go to `moves_to`."""

    day: date = Field(alias="date")
    site: str
    moves_to: str
    share_home: float = Field(default=0.0, ge=0, le=1, description="share of the people who leave the theatre")
    source: str = "judgement"


class Delivery(StrictTable):
    """Batteries that arrive in the theatre on a day."""

    day: date = Field(alias="date")
    site: str
    batteries: int = Field(ge=1, le=20)
    source: str = "judgement"


class Departure(StrictTable):
    """People who leave a site for home on a day."""

    day: date = Field(alias="date")
    site: str
    people: int = Field(ge=1, le=100_000)
    source: str = "judgement"


class Budget(StrictTable):
    """What the plans of the sites must add up to: keeps equal-budget variants equal."""

    people: int = Field(ge=0)
    batteries: int = Field(ge=0)


class Posture(StrictTable):
    """Where US forces stand, with how many people and batteries, and what changes on which day."""

    name: Name
    title: str
    source: str
    theatre: str
    start: date = Field(default=date(2020, 1, 1), description="first day")
    days: int = Field(default=274, ge=1, le=3660, description="length of the run")
    quarter_ends_days: tuple[int, ...] = Field(
        default=(91, 182, 274, 366, 456, 547, 639, 731),
        min_length=1,
        max_length=8,
        strict=False,
        description="last days of the quarters; one that the run does not end is its part, one beyond it has no value",
    )
    window_day: int = Field(default=0, ge=0, le=3660, description="day from which measures of a window count")
    budget: Budget | None = None
    sites: tuple[SitePlan, ...] = Field(min_length=1, strict=False)
    handovers: tuple[Handover, ...] = Field(default=(), strict=False)
    deliveries: tuple[Delivery, ...] = Field(default=(), strict=False)
    departures: tuple[Departure, ...] = Field(default=(), strict=False)
    responses: tuple[Use, ...] = Field(default=(), strict=False)
    calendar: str = Field(default="", description="name or file of a calendar of events from outside; empty for none")
    parameters: Parameters = Parameters()

    @field_validator("start")
    @classmethod
    def _is_of_our_time(cls, start: date) -> date:
        if not FIRST_DAY <= start <= LAST_DAY:
            raise ValueError(f"it must be a date from {FIRST_DAY} to {LAST_DAY}")
        return start

    @property
    def quarters(self) -> tuple[int, ...]:
        """The ends of the quarters that the run reaches, and of the first three in any case."""
        return quarters_reached(self.quarter_ends_days, self.days)

    @property
    def periods(self) -> Periods:
        """Quarters, calendar months, and the day from which windows count."""
        months = [self.start.year * 12 + self.start.month - 1 + n for n in range(1, MONTHS + 1)]
        ends = tuple((date(month // 12, month % 12 + 1, 1) - self.start).days for month in months)
        return Periods(self.quarter_ends_days, ends, self.window_day)


@dataclass(frozen=True)
class Scenario:
    """A posture in its theatre with responses, calendar and all parameters: what a run can't change."""

    posture: Posture
    theatre: Theatre
    file: str
    responses: tuple[InForce, ...] = ()
    calendar: Calendar | None = None

    @property
    def name(self) -> str:
        """The posture's name."""
        return self.posture.name

    @property
    def response_names(self) -> str:
        """The responses in force, joined by +."""
        return "+".join(response.label for response in self.responses)

    @property
    def label(self) -> str:
        """Posture and responses, joined by +: tells apart what a comparison compares."""
        return "+".join([self.name, *(response.label for response in self.responses)])

    @property
    def days(self) -> int:
        """Length of the run in days."""
        return self.posture.days

    def moment(self, hour: int) -> datetime:
        """Date and time at the start of an hour of the run."""
        return datetime.combine(self.posture.start, time()) + timedelta(hours=hour)

    @property
    def parameters(self) -> Parameters:
        """All parameters, resolved."""
        return self.posture.parameters

    def with_changes(self, changes: Mapping[str, Any]) -> Scenario:
        """The same scenario with single values changed, validated again.

        Keys are dotted: `defence.p_intercept`, `days`, `sites.embassy.batteries`, `responses.surge.strength`;
        `people` and `batteries` are totals over the sites. A posture's own budget no longer binds then.
        """
        if not changes:
            return self
        tree = self.posture.model_dump(by_alias=True)
        for key, value in changes.items():
            if key in _TOTALS:
                self._set_total(tree, key, value)
            else:
                _set(tree, key, value)
        if any(key.startswith("sites.") or key in _TOTALS for key in changes):
            tree["budget"] = None
        return compose(validate(Posture, tree, "changed parameters"), self.file, self.theatre, self)

    def _set_total(self, tree: dict[str, Any], key: str, total: Any) -> None:
        """`people` or `batteries` of all sites together."""
        limit = _TOTALS[key] * len(tree["sites"])
        if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= limit:
            raise ConfigError("changed parameters", key, total, f"it must be a whole number from 0 to {limit}")
        values = {site.name: site.symbolic_value for site in self.theatre.config.sites}
        now, names = [site[key] for site in tree["sites"]], [site["name"] for site in tree["sites"]]
        shares = share_out(now, total) if key == "people" else place(names, total, values)
        tree["sites"] = [{**site, key: share} for site, share in zip(tree["sites"], shares, strict=True)]

    def with_responses(self, uses: Iterable[str | Use]) -> Scenario:
        """The same scenario with more responses: names or files, with `=STRENGTH` and `@DAY` behind if wanted."""
        added = tuple(use if isinstance(use, Use) else parse_use(use) for use in uses)
        posture = self.posture.model_copy(update={"responses": (*self.posture.responses, *added)})
        return compose(posture, self.file, self.theatre, self) if added else self


def load_scenario(
    name: str | Path, changes: Mapping[str, Any] | None = None, responses: Iterable[str | Use] = ()
) -> Scenario:
    """The scenario of a posture (its name, or the path of its TOML file), with responses and single values changed."""
    path = find("postures", name)
    posture = validate(Posture, read_toml(path), path)
    theatre = load_theatre(_beside(path, "theatres", posture.theatre))
    if "common_state" not in posture.parameters.model_fields_set:
        state = {"common_state": default_parameters(theatre).common_state}
        posture = posture.model_copy(update={"parameters": posture.parameters.model_copy(update=state)})
    return compose(posture, str(path), theatre).with_responses(responses).with_changes(changes or {})


def default_parameters(theatre: Theatre) -> Parameters:
    """Those of a posture that sets none: the defaults, with the common state of its theatre."""
    return Parameters(common_state=theatre.config.common_state or Parameters().common_state)


def parse_use(text: str) -> Use:
    """`surge`, `surge=0.5`, `surge@90` or `surge=0.5@90:13`: name or file, strength 0 to 1, day and hour it begins."""
    cut = text.rfind(".toml") + 1  # a path may hold any sign
    head, tail = text[:cut], text[cut:]
    rest, at, day = tail.partition("@")
    name, equals, strength = rest.partition("=")
    name = head + name
    try:
        begins, colon, hour = day.partition(":")
        use: dict[str, Any] = {"name": name, "strength": number_of(strength) if equals else 1.0}
        use["start_day"] = whole_number_of(begins) if at else None
        use["start_hour"] = whole_number_of(hour) if colon else 0
    except ValueError:
        allowed = "it must be NAME, NAME=STRENGTH, NAME@DAY or NAME=STRENGTH@DAY:HOUR, such as surge=0.5@90"
        raise ConfigError(None, "response", text, allowed) from None
    if name.endswith(".toml"):  # the folder that the user stands in, not the posture's
        use["name"] = str(Path(name).absolute())
    return validate(Use, use, f"response {name}")


def load_response(name: str, beside: Path | None = None) -> tuple[Response, str]:
    """A response and its file, by name or by the path of a TOML file (relative to the folder `beside`)."""
    path = find("responses", beside / name if beside and name.endswith(".toml") else name)
    return validate(Response, read_toml(path), path), str(path)


def load_calendar(name: str, beside: Path | None = None) -> Calendar:
    """A calendar, by name or by the path of a TOML file (relative to the folder `beside`)."""
    path = find("calendars", beside / name if beside and name.endswith(".toml") else name)
    return validate(Calendar, read_toml(path), path)


@lru_cache(maxsize=8)
def _theatre_of(path: Path, _stamp: int) -> Theatre:
    return kept_theatre(validate(TheatreConfig, read_toml(path), path), path)


def load_theatre(path: Path) -> Theatre:
    """The theatre of a TOML file; kept, as building its routes takes a while."""
    return _theatre_of(path, path.stat().st_mtime_ns)


def _beside(posture: Path, kind: str, name: str) -> Path:
    """A theatre named by a posture: a path relative to the posture's file, or a name."""
    try:
        return find(kind, posture.parent / name if name.endswith(".toml") else name)
    except ConfigError as error:
        raise ConfigError(posture, error.key, name, error.allowed) from error


def compose(posture: Posture, file: str, theatre: Theatre, before: Scenario | None = None) -> Scenario:
    """Check a posture against its theatre and put the two together with the responses and the calendar it names.

    What the scenario `before` has loaded is taken from it, whatever its files say by now.
    """
    _check_sites(posture, file, theatre)
    _check_calendar(posture, file)
    _check_budget(posture, file)
    known = {force.use.name: force for force in before.responses} if before else {}
    responses = [
        replace(known[use.name], use=use) if use.name in known else _in_force(use, file, theatre)
        for use in posture.responses
    ]
    check_uses(responses, file)
    if before and posture.calendar == before.posture.calendar:
        calendar = before.calendar
    else:
        calendar = load_calendar(posture.calendar, Path(file).parent) if posture.calendar else None
    return Scenario(posture, theatre, file, numbered(responses), calendar)


def _in_force(use: Use, file: str, theatre: Theatre) -> InForce:
    """A response that a posture uses, checked against the theatre."""
    response, path = load_response(use.name, Path(file).parent)
    factions = [faction.name for faction in theatre.config.factions]
    for k, order in enumerate(response.orders):
        try:
            rows_of_areas(getattr(order, "areas", ()), theatre)
        except KeyError as error:
            known = [*(["international_zone"] if theatre.neighbourhood_names else []), *area_names(theatre)]
            allowed = f"it must be an area of the theatre, {one_of(error.args[0], known)}"
            raise ConfigError(path, f"orders[{k}].areas", error.args[0], allowed) from None
        faction = getattr(order, "faction", "strongest")
        words = ("all", "strongest") if order.do == "cut_funds" else ("strongest",)
        if faction not in (*words, *factions):
            allowed = f"it must be {one_of(faction, [*words, *factions])}"
            raise ConfigError(path, f"orders[{k}].faction", faction, allowed)
    return InForce(response, use, path)


def _check_sites(posture: Posture, file: str, theatre: Theatre) -> None:
    known = [site.name for site in theatre.config.sites]
    used: set[str] = set()
    for i, plan in enumerate(posture.sites):
        if plan.name not in known:
            allowed = f"it must be a site of the theatre, {one_of(plan.name, known)}"
            raise ConfigError(file, f"sites[{i}].name", plan.name, allowed)
        if plan.name in used:
            raise ConfigError(file, f"sites[{i}].name", plan.name, "each site may be named once")
        used.add(plan.name)
    for kind in ("handovers", "deliveries", "departures"):
        for i, order in enumerate(getattr(posture, kind)):
            for field in ("site", "moves_to"):
                name = getattr(order, field, None)
                if name is not None and name not in used:
                    allowed = f"it must be a site that the posture holds, {one_of(name, sorted(used))}"
                    raise ConfigError(file, f"{kind}[{i}].{field}", name, allowed)


def _check_calendar(posture: Posture, file: str) -> None:
    """Handovers must leave somewhere to go: a site is left once, and never moves to one already left."""
    left: dict[str, date] = {}
    for i, order in sorted(enumerate(posture.handovers), key=lambda pair: pair[1].day):
        if order.site in left or order.moves_to == order.site:
            raise ConfigError(file, f"handovers[{i}].site", order.site, "each site may be left once, for another")
        left[order.site] = order.day
        if order.moves_to in left:
            raise ConfigError(
                file, f"handovers[{i}].moves_to", order.moves_to, "it must be a site that is still held then"
            )
    for kind in ("handovers", "deliveries", "departures"):
        for i, event in enumerate(getattr(posture, kind)):
            if event.day < posture.start:
                raise ConfigError(file, f"{kind}[{i}].date", str(event.day), f"it must be {posture.start} or later")
            if kind != "handovers" and event.site in left and event.day >= left[event.site]:
                raise ConfigError(file, f"{kind}[{i}].site", event.site, "it must be a site that is still held then")
    ends = posture.quarter_ends_days
    if any(a >= b for a, b in pairwise((0, *ends))):
        raise ConfigError(file, "quarter_ends_days", list(ends), "it must be rising day numbers above 0")


def _check_budget(posture: Posture, file: str) -> None:
    if posture.budget is None:
        return
    for what in ("people", "batteries"):
        total = sum(getattr(plan, what) for plan in posture.sites)
        budget = getattr(posture.budget, what)
        if total != budget:
            raise ConfigError(file, f"budget.{what}", budget, f"it must be the sum over the sites, which is {total}")


def _set(tree: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key of a posture's tree."""
    table, name = _table_of(tree, key)
    if table is None or name not in table:
        allowed = f"there is no such key: it must be {one_of(key, _keys_like(tree, key), 'posture describe NAME')}"
        raise ConfigError("changed parameters", key, value, allowed)
    table[name] = value


def _keys_like(tree: dict[str, Any], key: str) -> list[str]:
    """The keys that can be changed; of a section, a site or a response that there is, its own."""
    tables = {
        **{f"sites.{site['name']}": ("people", "batteries") for site in tree["sites"]},
        **{f"responses.{name}": ("strength", "start_day") for name in names("responses")},
        **tree["parameters"],
    }
    table = key.rpartition(".")[0]
    if table in tables:
        return [f"{table}.{name}" for name in tables[table]]
    return [*_TOP_KEYS, *_TOTALS, *(f"{table}.{name}" for table, there in tables.items() for name in there)]


_TOTALS = {"people": 100_000, "batteries": 20}  # most at one site
_TOP_KEYS = ("days", "start", "quarter_ends_days", "window_day", "calendar")


def _table_of(tree: dict[str, Any], key: str) -> tuple[dict[str, Any] | None, str]:
    """The table that holds a dotted key, and the key's last part."""
    head, *rest = key.split(".")
    if head == "sites" and len(rest) == 2:
        return next((site for site in tree["sites"] if site["name"] == rest[0]), None), rest[1]
    if head == "responses" and len(rest) == 2:
        return _use_of(tree, rest[0]), rest[1]
    if head in tree["parameters"] and len(rest) == 1:
        return tree["parameters"][head], rest[0]
    return (tree, head) if not rest and head in _TOP_KEYS else (None, key)


def _use_of(tree: dict[str, Any], name: str) -> dict[str, Any]:
    """The table of a response's use; one that is not used yet is added, at full strength."""
    uses = tree["responses"] = [dict(use) for use in tree["responses"]]
    found = [use for use in uses if use["name"] == name]
    if len(found) > 1:
        allowed = f"it must be a response that is used once; this one is used {len(found)} times"
        raise ConfigError("changed parameters", f"responses.{name}", name, allowed)
    if not found:
        found = [Use(name=name).model_dump()]
        uses += found
    return found[0]


# --- totals over sites: the same people or batteries, more or fewer, so that sites, people and batteries vary apart
def share_out(people: Sequence[int], total: int) -> list[int]:
    """`total` people over sites in proportion to those who are there; whole people, largest remainders first.

    Sites without anybody stay empty, unless all are: then all get the same.
    """
    weights = list(people) if sum(people) > 0 else [1] * len(people)
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(part) for part in exact]
    by_rest = sorted(range(len(shares)), key=lambda k: (shares[k] - exact[k], k))
    for k in by_rest[: total - sum(shares)]:
        shares[k] += 1
    return shares


def place(sites: Sequence[str], total: int, values: Mapping[str, float]) -> list[int]:
    """`total` batteries over sites, one each in the order of symbolic value, then a second each, and so on."""
    order = sorted(range(len(sites)), key=lambda k: (-values[sites[k]], k))
    batteries = [total // len(sites)] * len(sites)
    for k in order[: total % len(sites)]:
        batteries[k] += 1
    return batteries
