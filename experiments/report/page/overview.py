"""What stands around the sections of a report: what was run, what it rests on, how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.analysis.results import Results
from experiments.report.style.base_map import in_words
from experiments.report.style.words import policy
from experiments.studies.claims.catalogue import Claim, ClaimsCatalogue
from sim.config_files import configs_folder, read_toml, validate
from sim.numbers import counted
from sim.parameter_schema import JUDGEMENT
from sim.parameters import Parameters

ALWAYS = (
    "These are numbers of a model, at public and aggregate level. It does not forecast; its factions are fictitious.",
    "An interval says how well a mean over runs is known, and nothing of whether rules and parameters are right.",
)


def brief(manifest: Mapping[str, Any]) -> str:
    """What was run, in a line: the command, runs, replicates, seed."""
    if not manifest:
        return ""
    counts = manifest.get("counts", {})
    words = ("point", "state", "replicate", "run")
    parts = [counted(int(counts[f"{word}s"]), word) for word in words if f"{word}s" in counts]
    seed = [f"seed {manifest['seed']}"] if "seed" in manifest else []
    return f"`{command(manifest)}`: {', '.join([*parts, *seed])}"


# --- what was run --------------------------------------------------------------------------------------
def ran(results: Results) -> list[tuple[str, str]]:
    """Name and value of what was run, from the manifest; without one, that it is missing."""
    manifest = results.manifest
    if not manifest:
        return [("manifest", "none: what was run, with which seed and parameters, is not known")]
    rows = [("command", command(manifest)), *_study(manifest), *_ensemble(manifest), *_scenarios(manifest)]
    return [*rows, *_counts(manifest), *_origin(manifest)]


def command(manifest: Mapping[str, Any]) -> str:
    """The command that made the folder; empty if that is not known."""
    return shlex.join(map(str, manifest.get("command", ())))


def _study(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    study = manifest.get("study", {})
    if study:
        yield "study", f"{study['name']}, {study.get('setting', '')} setting".replace(",  setting", "")


def _ensemble(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Over what states of the world; that there are none is said too, where there might be."""
    if "ensemble" in manifest:
        yield "states of the world", f"ensemble {manifest['ensemble']}: states.csv"
    elif "compare" in manifest.get("command", ())[:2]:
        yield "states of the world", "none: one point of the parameters, so intervals say nothing of what nobody knows"


def _scenarios(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    postures = manifest.get("postures", {})
    names = {posture["name"]: posture for posture in postures.values()}
    for name, posture in names.items():
        yield f"posture {name}", _posture(posture)
    for (use, strength), response in _responses(postures).items():
        at = "" if strength == 1 else f", strength {strength:g}"
        yield f"response {use}", f"{response['title']}{at} ({response['source']})"
    changes = _changes(manifest)
    if changes:
        yield "parameters changed", "; ".join(changes)


def _posture(posture: Mapping[str, Any]) -> str:
    people = sum(site["people"] for site in posture["sites"])
    batteries = sum(site.get("batteries", 0) for site in posture["sites"])
    calendar = posture.get("calendar")
    words = f"{posture['title']}: {len(posture['sites'])} sites, {people:,} people, {batteries} C-RAM batteries at the "
    words += f"start, {posture['days']} days from {posture['start']}"
    return words + (f", calendar {calendar['name']}" if calendar else "") + f" ({posture['source']})"


def _responses(postures: Mapping[str, Any]) -> dict[tuple[str, float], Any]:
    used = [use for posture in postures.values() for use in posture["responses"]]
    return {(use["name"], use["strength"]): use["response"] for use in used}


def _changes(manifest: Mapping[str, Any]) -> list[str]:
    """Parameters that differ from the defaults in every posture."""
    trees = [posture["parameters"] for posture in manifest.get("postures", {}).values()]
    default = Parameters().model_dump(mode="json")
    for theatre in manifest.get("theatres", {}).values():  # its common state is no change
        default["common_state"] |= theatre.get("common_state") or {}
    return [
        f"{section}.{key} = {value}"
        for section, values in (trees[0] if trees else {}).items()
        for key, value in values.items()
        if value != default.get(section, {}).get(key) and all(tree[section][key] == value for tree in trees)
    ]


def _counts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    counts = manifest.get("counts", {})
    for name in ("points", "states", "replicates", "runs", "failed"):
        if name in counts:
            yield {"replicates": "replicates of each", "failed": "failed runs"}.get(name, name), f"{counts[name]:,}"
    if "seed" in manifest:
        yield "seed", str(manifest["seed"])


def _origin(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    versions, git = manifest.get("versions", {}), manifest.get("git")
    if versions:
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())
    if git:
        yield "commit", git["commit"] + (", with changes that were not committed" if git["dirty"] else "")
    if "source_hash" in manifest:
        yield "rules", f"{manifest['source_hash']} (hash of the model's sources)"
    if "started" in manifest:
        yield "time", f"{manifest['started']} to {manifest.get('ended', '?')}"


# --- what it rests on ----------------------------------------------------------------------------------
def caveats(results: Results) -> list[str]:
    """What a reader should doubt, whatever the sections say."""
    manifest = results.manifest
    found = [*ALWAYS, _judgements()]
    if not manifest:
        found.append("The folder has no manifest: nothing says how these numbers were made.")
    if (manifest.get("git") or {}).get("dirty"):
        found.append("The program had changes that were not committed when it made these numbers.")
    return [*found, *_failed(results), *_unreached(manifest), *_assumed(manifest)]


def _judgements() -> str:
    """How many parameters nobody has published a number for."""
    sections: list[Any] = [section.annotation for section in Parameters.model_fields.values()]
    fields = [field for section in sections for field in section.model_fields.values()]
    judged = sum(JUDGEMENT in field.json_schema_extra["source"] for field in fields)
    return (
        f"Of the model's {len(fields)} parameters {judged} are judgements in whole or in part: nobody has published "
        "their numbers. docs/parameters.md says which."
    )


def _failed(results: Results) -> Iterator[str]:
    if "runs" in results and results.n_failed:
        yield (
            f"{counted(results.n_failed, 'run')} failed and left out, with the whole pair; if it was for what happened "
            "in them, what is left is no fair sample."
        )


def _unreached(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Sites that nothing can fire at, by the postures that hold them."""
    by_sites: dict[tuple[str, ...], list[str]] = {}
    for label, sites in manifest.get("out_of_reach", {}).items():
        by_sites.setdefault(tuple(sites), []).append(label)
    for sites, labels in by_sites.items():
        if sites:
            named, by = map(in_words, sites), map(policy, labels)
            yield f"Out of every cell's reach, so never fired at: {', '.join(named)} ({', '.join(by)})."


def _assumed(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What rules simply say about the postures and responses that were run, from the claims of the source."""
    path = configs_folder() / "claims.toml"
    for claim in validate(ClaimsCatalogue, read_toml(path), path).claims:
        if claim.kind != "emergent" and _is_about(claim, manifest.get("postures", {})):
            yield f"Assumed, and so no finding ({claim.id}): {claim.assumed}."


def _is_about(claim: Claim, postures: Mapping[str, Any]) -> bool:
    """Whether a case of the claim was run: its posture against its base, or its response."""
    used = {use["name"] for posture in postures.values() for use in posture["responses"]}
    names = {posture["name"] for posture in postures.values()}
    for test in claim.tests:
        responses = {word.partition("=")[0] for word in test.case.responses.split("+")} - {"none"}
        compared = test.base is not None and {test.case.posture, test.base.posture} <= names
        if responses <= used and (responses or (compared and len(names) > 1 and not test.case.set)):
            return True
    return False


# --- how to make it again ------------------------------------------------------------------------------
def reproduce(results: Results) -> list[str]:
    """Commands that make the folder again, test it, and make this page again."""
    made, folder = command(results.manifest), shlex.quote(str(results.folder))
    lines = [made] if made else []
    if "runs" in results and made and "digest" in results.columns("runs"):
        lines.append(f"posture verify {folder}")
    return [*lines, f"posture report {folder}"]


def question(sections: Sequence[Any], manifest: Mapping[str, Any]) -> str:
    """What the folder was made to answer: the study's or design's own question, or the first section's."""
    settings = manifest.get("study", {}).get("settings", {})
    design = manifest.get("design", {})
    for tree in (settings, design):
        if tree.get("question"):
            return str(tree["question"])
    return str(sections[0].question) if sections else ""
