"""Names of `whole.py`, `manifest.py` and `tables.py`, for those who have not moved yet."""

from experiments.files.manifest import FORMAT_VERSION, git_state, manifest, now, resolved, versions
from experiments.files.tables import table_bytes, write_table
from experiments.files.whole import replacing, results_folder, whole_folder, write_json

__all__ = [
    "FORMAT_VERSION",
    "git_state",
    "manifest",
    "now",
    "replacing",
    "resolved",
    "results_folder",
    "table_bytes",
    "versions",
    "whole_folder",
    "write_json",
    "write_table",
]
