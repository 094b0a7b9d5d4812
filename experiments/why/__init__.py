"""Events in words: what happened, the rule that fired, and why."""
