"""Simulation of a meeting against a running service, over HTTP alone.

The simulator records what it sent and was answered, and compares that with the roll in the end. It imports nothing of
the service: it states the rules of the roll independently, so that a mistake in the service cannot hide in it.
"""
