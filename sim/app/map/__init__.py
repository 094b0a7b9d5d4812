"""The map of the live view: what never changes (`layout`), one picture (`frame`), and the widget that draws both."""
