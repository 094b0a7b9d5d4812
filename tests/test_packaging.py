"""A plain `pip install .` brings the configs along, found from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOOK = """
import sim
from sim.config_files import configs_folder, names
from sim.scenario import load_scenario
print(sim.__file__)
print(configs_folder())
print(names("postures"), load_scenario("six").days)
"""


def test_the_wheel_holds_program_and_configs(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    look = subprocess.run(
        [sys.executable, "-c", LOOK], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    )
    module, configs, found = look.stdout.splitlines()
    assert Path(module).is_relative_to(unpacked)
    assert Path(configs).is_relative_to(unpacked)
    assert "'six'" in found
    assert found.endswith(" 274")
    entry_points = next(unpacked.glob("*.dist-info/entry_points.txt")).read_text()
    assert "posture = experiments.cli:main" in entry_points
    templates = {path.name for path in (unpacked / "experiments" / "report" / "templates").iterdir()}
    assert templates == {"parts.html.j2", "report.css.j2", "report.html.j2", "report.md.j2"}
    assert (unpacked / "experiments" / "why" / "stories.txt").is_file()
    assert not (unpacked / "tests").exists()
