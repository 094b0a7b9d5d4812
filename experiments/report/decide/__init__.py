"""The report on deciding: policies, the choice, what was luck, what it hangs on."""
