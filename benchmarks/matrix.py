"""`make matrix`: which versions of which libraries pass, on which Python; writes `docs/versions.md`.

For each Python, with the lowest versions that `pyproject.toml` allows and with the newest that there are: the core
alone, then each extra. Each is an environment of its own, in a folder outside the sources; the program is installed
into it and called as a user would. What an environment gave is kept, so that a matrix goes on where it stopped.

The versions are chosen by uv, which is installed there too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PathDistribution
from pathlib import Path
from urllib.request import urlopen

import platformdirs

from experiments.files.whole import replacing

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "versions.md"
UV = "uv==0.9.0"
PYTHONS = ("3.11", "3.12", "3.13")
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
EXTRAS = ("core", "view", "study", "plot", "cluster", "docs")
PATIENCE_SECONDS = 3600
SHOWN = (
    "numpy", "numba", "scipy", "pandas", "pyarrow", "matplotlib", "mesa", "networkx", "pydantic", "click", "solara",
    "SALib", "ema_workbench", "scikit-learn", "plotext", "distributed", "sphinx",
)  # fmt: skip
_SMALL = ("--states", "2", "--replicates", "2", "--days", "20")
CORE = {
    "run": ("run", "six", "--days", "20", "--daily", "--events", "--out", "run"),
    "compare": ("compare", "fourteen", "six", *_SMALL, "--out", "compare"),
    "sweep": ("sweep", "--factor", "days=10,20", "six+surge", "--replicates", "3", "--parquet", "--out", "sweep"),
    "report": ("report", "compare"),
    "verify": ("verify", "sweep"),
}
STUDIES = ("structures", "factorial", "prior-runs", "validate", "claims")
OF_STUDY = ("sensitivity", "calibrate", "discover", "decide", "information")


@dataclass
class Cell:
    """One environment: Python, lowest or newest, an extra; what it has, and what came of each call: `ok` or why not."""

    python: str
    resolution: str
    extra: str
    version: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.python}-{self.resolution}-{self.extra}"


def interpreter(python: str) -> str | None:
    """The newest interpreter of a version of Python that is here."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in (*sorted(root.glob(f"{python}.*/bin/python"), reverse=True), shutil.which(f"python{python}")):
        if found and not subprocess.run([str(found), "-c", "import venv"], capture_output=True, check=False).returncode:
            return str(found)
    return None


def cells(pythons: Sequence[str], resolutions: Sequence[str], extras: Sequence[str]) -> Iterator[Cell]:
    """Every environment."""
    for python in pythons:
        for resolution in resolutions:
            for extra in extras:
                yield Cell(python, resolution, extra)


# --- environments --------------------------------------------------------------------------------------------------
def installed(cell: Cell, folder: Path, found: str) -> Path:
    """Make the environment of a cell anew; where its programs are."""
    shutil.rmtree(folder, ignore_errors=True)
    uv, needs = _uv(folder.parent), folder / "needs.txt"
    _quietly(uv, "venv", "--python", found, folder)
    extra = () if cell.extra == "core" else ("--extra", cell.extra)
    how = ("--python", found, "--no-build", "--resolution", RESOLUTIONS[cell.resolution], *extra)
    _quietly(uv, "pip", "compile", *how, ROOT / "pyproject.toml", "--output-file", needs)
    python = folder / "bin" / "python"
    _quietly(uv, "pip", "install", "--python", python, "--no-build", "--requirements", needs)
    _quietly(uv, "pip", "install", "--python", python, "--no-deps", ROOT)
    cell.version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    names = (PathDistribution(path) for path in folder.glob("lib/python*/site-packages/*.dist-info"))
    cell.versions = {each.metadata["Name"]: each.version for each in names}
    return folder / "bin"


def _uv(folder: Path) -> Path:
    tool = folder / "tool"
    if not (tool / "bin" / "uv").exists():
        subprocess.run([sys.executable, "-m", "venv", tool], check=True)
        subprocess.run([tool / "bin" / "pip", "install", "--quiet", UV], check=True)
    return tool / "bin" / "uv"


def _quietly(*words: object) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"{words} failed")


# --- calls -----------------------------------------------------------------------------------------------------------
def tried(cell: Cell, programs: Path, work: Path) -> Iterator[tuple[str, str]]:
    """The name of each call, and what came of it."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    compiled = work.parent.parent / f"compiled-{cell.python}-{cell.resolution}"  # by the core, which comes first
    environment = {**os.environ, "POSTURE_CACHE": str(compiled), "MPLBACKEND": "agg"}
    environment.pop("PYTHONPATH", None)

    def call(*words: str) -> str:
        return _ended([str(programs / words[0]), *words[1:]], work, environment)

    for name, words in CORE.items():
        yield name, call("posture", *words)
    studies = {"core": STUDIES, "study": OF_STUDY}.get(cell.extra, ())
    for study in studies:
        yield study, call("posture", study, "--quick", "--out", study)
    if cell.extra == "plot":
        yield "plot", call("posture", "plot", "sweep", "--x", "days", "--y", "fire_attacks")
    if cell.extra == "docs":
        yield "sphinx", call("python", "-m", "sphinx", "--version")
    if cell.extra == "cluster":
        yield "cluster", _on_a_cluster(call, programs, work, environment)
    if cell.extra == "view":
        yield "view", _page(programs, work, environment)


def _ended(command: list[str], work: Path, environment: dict[str, str]) -> str:
    """`ok`, or the last line of what went wrong; any traceback or warning of a library counts as wrong."""
    try:
        done = subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {PATIENCE_SECONDS} s"
    wrong = done.returncode or "Traceback" in done.stderr or "Warning" in done.stderr
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1] if wrong else "ok"


def _on_a_cluster(call, programs: Path, work: Path, environment: dict[str, str]) -> str:  # type: ignore[no-untyped-def]
    """A sweep on a scheduler and a worker of this machine."""
    file, quiet = work / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ("--host", "127.0.0.1", "--scheduler-file", str(file), "--no-dashboard")
    ends = [(str(programs / "dask"), "scheduler", "--port", "0", *local), (str(programs / "dask"), "worker", *local)]
    processes = [subprocess.Popen(end, cwd=work, env=environment, **quiet) for end in ends]  # type: ignore[call-overload]
    try:
        for _ in range(600):
            if file.exists():
                break
            time.sleep(0.1)
        words = ("--factor", "days=10", "six", "--replicates", "3", "--scheduler-file", str(file), "--out", "cluster")
        return str(call("posture", "sweep", *words))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _page(programs: Path, work: Path, environment: dict[str, str]) -> str:
    """The page is served, with the files that it draws with, without a look at any other machine."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    process = subprocess.Popen(
        [programs / "posture", "view", "six", "--port", "0"],
        cwd=work, env={**environment, **nowhere, "no_proxy": "localhost", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://localhost:\d+/", process.stdout.readline())
        if found is None:
            process.kill()
            return (process.communicate()[1].strip().splitlines() or ["it does not start"])[-1]
        return _answered(found[0])
    except OSError as error:
        return str(error)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _answered(address: str) -> str:
    """`ok` if the page is there, and all that it draws with."""
    with urlopen(address, timeout=60) as answer:
        needed = re.findall(r"_solara/cdn/[^\"'?\s)]+", answer.read().decode())
    for place in needed:
        with urlopen(address + place, timeout=60) as answer:
            if not answer.read():
                return f"{place} is empty"
    return "ok" if needed else "the page names no files"


# --- what is kept, and the page --------------------------------------------------------------------------------------
def done(cell: Cell, folder: Path) -> Cell:
    """A cell that was tried: now, or before with the same `pyproject.toml`."""
    kept, found = folder / f"{cell.name}.json", interpreter(cell.python)
    if kept.exists() and kept.stat().st_mtime > (ROOT / "pyproject.toml").stat().st_mtime:
        return Cell(**json.loads(kept.read_text(encoding="utf-8")))
    if found is None:
        return cell
    try:
        programs = installed(cell, folder / cell.name, found)
        for name, result in tried(cell, programs, folder / cell.name / "work"):
            cell.results[name] = result
            print(f"{cell.name}: {name}: {result}", flush=True)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        cell.results["install"] = str(error)
        print(f"{cell.name}: {error}", flush=True)
    kept.write_text(json.dumps(asdict(cell)), encoding="utf-8")
    shutil.rmtree(folder / cell.name, ignore_errors=True)
    return cell


HEAD = """# Versions that were tried

`make matrix` installs Posture on each Python with the lowest versions that `pyproject.toml` allows and with the newest
that there are, the core alone and with each extra, and calls it as a user would; it writes this page. The bounds in
`pyproject.toml` are what passed.

| Python | versions | extra | passed | did not pass |
|---|---|---|---|---|
"""


def page(found: Sequence[Cell]) -> str:
    """The table of what passed, then the versions."""
    return HEAD + "".join(map(_row, found)) + "\n## With which versions\n\n" + _versions(found)


def _row(cell: Cell) -> str:
    about = f"| {cell.version or cell.python} | {cell.resolution} | {cell.extra} "
    if not cell.results:
        why = "no such Python on the machine that made this page" if interpreter(cell.python) is None else "not tried"
        return f"{about}| | {why} |\n"
    passed = ", ".join(name for name, result in cell.results.items() if result == "ok")
    failed = "; ".join(f"{name}: {result.replace('|', '/')}" for name, result in cell.results.items() if result != "ok")
    return f"{about}| {passed} | {failed} |\n"


def _versions(found: Sequence[Cell]) -> str:
    """A column for each Python with lowest or newest versions, a row for each library of those shown."""
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for cell in found:
        known = {name.lower().replace("_", "-"): version for name, version in cell.versions.items()}
        columns[cell.python, cell.resolution] = {**columns.get((cell.python, cell.resolution), {}), **known}
    lines = ["| library | " + " | ".join(f"{python} {which}" for python, which in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for name in SHOWN:
        row = [column.get(name.lower().replace("_", "-"), "") for column in columns.values()]
        lines.append(f"| {name} | " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Try what is asked for, all by default, and write the page of all that was ever tried; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", nargs="+", choices=PYTHONS, default=PYTHONS)
    parser.add_argument("--versions", nargs="+", choices=RESOLUTIONS, default=tuple(RESOLUTIONS))
    parser.add_argument("--extra", nargs="+", choices=EXTRAS, default=EXTRAS)
    default = Path(platformdirs.user_cache_dir("posture-matrix"))
    parser.add_argument(
        "--folder", type=Path, default=default, help="Where environments are made, outside the sources."
    )
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for cell in cells(asked.python, asked.versions, asked.extra):
        done(cell, asked.folder)
    found = [_known(cell, asked.folder) for cell in cells(PYTHONS, tuple(RESOLUTIONS), EXTRAS)]
    with replacing(PAGE) as file:
        file.write(page(found))
    return int(any(result != "ok" for cell in found for result in cell.results.values()))


def _known(cell: Cell, folder: Path) -> Cell:
    """A cell as it was tried last, or as it is."""
    kept = folder / f"{cell.name}.json"
    return Cell(**json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else cell


if __name__ == "__main__":
    sys.exit(main())
