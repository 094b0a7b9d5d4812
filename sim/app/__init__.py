"""The live browser view: a run played hour by hour on a map, with charts, orders and what-if. Extra `view`.

`page.py` is the page; `controller.py` what its buttons do; `session.py` the run or the two runs being watched.
"""
