"""The live charts: of one run over its ensemble, of two runs side by side; the table of where a run stands."""
