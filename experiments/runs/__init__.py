"""The engine room: everything that runs more than one run. A design becomes a plan, jobs, chunks, tables."""
