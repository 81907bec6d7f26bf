"""The hash chain that seals the audit trail: the sealer that extends it and the verifier that recomputes it.

To recompute it without this program, take the sealed lines in the order of their positions 1, 2, 3 …:

    hash(0) = 32 zero bytes
    hash(n) = SHA-256(hash(n - 1) || line(n))

`line(n)` is the JSON array of the line's id, xid, at, client, scope, operation, keys, request_id and purpose_digest, in
this order, in the form of RFC 8785: UTF-8, without whitespace, escaping only what must be escaped. `id` is a number,
`xid` a string of decimal digits, `at` a string with the instant in UTC and six fractional digits,
`2026-11-24T05:45:00.000001+00:00`, and `keys` an array of strings. A missing value is null.

`purpose_digest` is the SHA-256 of a salt and the purpose, in hexadecimal. Both are in the table audit_texts until they
are deleted with the personal data of a meeting, which changes no line.
"""
