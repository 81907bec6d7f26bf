"""The chain that seals the audit trail, the sealer that makes it, and what tells whether it is whole.

How to recompute it, without this program. The sealed lines in the order of their positions 1, 2, 3 … make the chain:

    hash(0) = 32 zero bytes
    hash(n) = SHA-256(hash(n - 1) || line(n))

`line(n)` is a JSON array of the line's id, xid, at, client, scope, operation, keys, request_id and purpose, in this
order, written as RFC 8785 says: UTF-8, no blanks, only what must be escaped is. `id` is a number, `xid` its decimal
digits as a text, `at` the instant in UTC with six digits, `2026-11-24T05:45:00.000001+00:00`, `keys` an array of texts,
and what is not there null.
"""
