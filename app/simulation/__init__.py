"""A meeting that is played against a running service, over HTTP alone, and checked against the roll it leaves.

Nothing of the service is imported here: what the rules are is written down a second time, so that one can be held
against the other.
"""
