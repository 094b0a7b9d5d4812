"""The parts of the page, one file each. A part reads the controller's reactive fields and calls its actions."""
