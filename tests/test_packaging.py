"""A wheel brings program, configs and compiled rules along: the first start in a new environment needs no compiler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim import load_scenario, simulate
from sim.compiled import ENTRIES, source_hash, target

ROOT = Path(__file__).parent.parent
FOLDERS = ("sim", "experiments", "configs", "results/reference")
FILES = ("pyproject.toml", "constraints.txt", "Makefile", ".gitignore")
STALE = "0123456789abcdef-linux-x86_64"  # of no sources
LOOK = """
import sim
from sim.config_files import configs_folder, names
from sim.scenario import load_scenario
print(sim.__file__)
print(configs_folder())
print(names("postures"), load_scenario("six").days)
"""
FIRST_RUNS = """
import sys
sys.modules["numba"] = None  # who imports the compiler fails
from sim import PostureModel, load_scenario, simulate
print(simulate(load_scenario("six").with_changes({"days": 3}), 7).digest)
model = PostureModel("six", rng=7, days=3)
while model.running:
    model.step()
print(model.digest)
"""
READY = """
from sim import kept_files, compiled
print(*kept_files.SHIPPED.rglob("run_hours.code"))
print(compiled.is_ready("run_hours"))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """What `make wheel` builds of a copy of these sources, in which code of other sources lies about."""
    copy = tmp_path_factory.mktemp("copy")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "code"))
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    (copy / "sim" / "code" / STALE).mkdir(parents=True)
    (copy / "sim" / "code" / STALE / "run_hours.code").touch()
    make = ["make", "--old-file=.venv/.installed-core", "wheel", f"BIN={Path(sys.executable).parent}"]
    environment = {**os.environ, "PIP_NO_BUILD_ISOLATION": "0"}  # with the tools that are here; 0 is pip's word for it
    subprocess.run(make, cwd=copy, env=environment, check=True, capture_output=True)
    (found,) = (copy / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def packages(wheel, tmp_path_factory):
    """The site-packages of a new environment with the wheel; other packages are found in this one's."""
    new = tmp_path_factory.mktemp("new")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", new], check=True)
    (packages,) = new.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel]
    subprocess.run([sys.executable, "-m", "pip", "--python", new, *install], check=True)
    return packages


def run(packages, cache, text, path="", *words):
    """Lines and errors of a text that is run in the new environment; `path` is looked at before its packages."""
    environment = {key: value for key, value in os.environ.items() if key != "POSTURE_NOTICES"}
    environment |= {"POSTURE_CACHE": str(cache), "PYTHONPATH": str(path)}
    command = [packages.parents[2] / "bin" / "python", "-c", text, *words]
    done = subprocess.run(command, env=environment, cwd=cache.parent, check=True, capture_output=True, text=True)
    return done.stdout.splitlines(), done.stderr


def test_the_wheel_holds_program_and_configs(packages, tmp_path):
    (module, configs, found), _ = run(packages, tmp_path / "cache", LOOK)
    assert Path(module).is_relative_to(packages)
    assert Path(configs).is_relative_to(packages)
    assert "'six'" in found
    assert found.endswith(" 274")
    entry_points = next(packages.glob("posture_sim-*.dist-info/entry_points.txt")).read_text()
    assert "posture = experiments.cli:main" in entry_points
    inside = Path("experiments", "report", "templates")
    found, here = ({path.name for path in (root / inside).iterdir()} for root in (packages, ROOT))
    assert found == here > {"report.html.j2", "report.md.j2"}
    assert (packages / "experiments" / "why" / "stories.txt").is_file()
    assert not (packages / "tests").exists()


def test_the_wheel_holds_the_code_of_every_entry_and_none_of_other_sources(packages):
    code = packages / "sim" / "code"
    assert [path.name for path in code.iterdir()] == [f"{source_hash()}-{target()}"]
    assert {path.name for path in code.glob("*/*")} == {f"{name}.code" for name in ENTRIES}


def test_the_first_runs_from_a_wheel_compile_nothing(packages, tmp_path):
    digest = simulate(load_scenario("six").with_changes({"days": 3}), 7).digest
    assert run(packages, tmp_path / "cache", FIRST_RUNS) == ([digest, digest], "")
    assert not list((tmp_path / "cache").rglob("*.code")), "compiled, and kept"


def test_the_command_shows_what_came_with_the_package_checks_it_and_leaves_it_there(packages, tmp_path):
    shutil.copytree(packages / "sim", tmp_path / "sim")
    (path,) = (tmp_path / "sim" / "code").rglob("run_hours.code")
    path.write_bytes(path.read_bytes()[:-1])
    command = "from experiments.cli import main; main()"
    lines, _ = run(packages, tmp_path / "cache", command, tmp_path, "cache", "--clear")
    n, shown = len(ENTRIES), [line for line in lines if line.startswith("  ")]
    assert lines[1] == f"{n} files in {tmp_path / 'sim' / 'code'}"
    assert sum("kB, numba" in line and "of these sources" in line for line in shown) == n - 1
    assert [line for line in shown if "damaged" in line] == [line for line in shown if path.name in line] != []
    assert path.exists()


@pytest.mark.parametrize("change", ["none", "another source", "one bit"])
def test_code_in_the_package_is_used_only_if_whole_and_of_these_sources(change, packages, tmp_path):
    shutil.copytree(packages / "sim", tmp_path / "sim")
    (path,) = (tmp_path / "sim" / "code").rglob("run_hours.code")
    if change == "another source":
        with (tmp_path / "sim" / "rules" / "supply.py").open("a", encoding="utf-8") as file:
            file.write("# edited\n")
    elif change == "one bit":
        data = path.read_bytes()
        path.write_bytes(data[:-99] + bytes([data[-99] ^ 1]) + data[-98:])
    lines, _ = run(packages, tmp_path / "cache", READY, tmp_path)
    assert lines == [str(path), str(change == "none")]
