"""Capacities of the fixed-size arrays: the loader refuses a theatre that needs more."""

from __future__ import annotations

MAX_SQUARES = 400
MAX_NEIGHBOURS = 8  # roads out of one square
MAX_SITES = 24
MAX_CELLS = 96
MAX_UNITS = 128
MAX_DETAILS = 16
MAX_FACTIONS = 8
MAX_CONVOYS = 1024
MAX_VIAS = 3  # ways from a gateway to a site, the direct one among them
MAX_ORDERS = 64
MAX_SALVOS = 16
MAX_EVENTS_AN_HOUR = 64
MAX_RING = 32
MAX_ROUTE = 200  # squares of one way from a gateway to a site
MAX_AREAS = 24  # neighbourhoods of the International Zone, and the other zones
MAX_STANDING = 48  # orders of all responses together
MAX_PARTNERS = 64
