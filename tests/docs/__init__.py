"""Tests of the documentation: its commands are executed, and what it lists is compared with the code.

A fenced block of sh, python or http has one of these marks in its info string:

- `run`: `test_commands.py` executes it. A comment `# 201` after a request is the status that must be returned.
- `test=PATH`: the test at this path executes it.
- `illustration`: nothing executes it. Its first line says so to the reader: `# illustration`, with the reason.
"""
