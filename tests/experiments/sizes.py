"""Files of sizes for studies that are to be smaller than the program's."""

from __future__ import annotations

import json

import tomlkit

from sim.config_files import configs_folder, read_toml


def sizes_file(folder, study, changed):
    """The program's sizes with some of the quick setting changed; the path of the file, for `--sizes`."""
    tree = read_toml(configs_folder() / "studies" / f"{study}.toml")
    for key, value in changed.items():
        (tree if key in tree else tree["quick"])[key] = value
    path = folder / f"{study}_sizes.toml"
    path.write_text(tomlkit.dumps(json.loads(json.dumps(tree))), encoding="utf-8")
    return path
