import asyncpg
import pytest


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Hasyim Asy'ari", "hasyim asyari"),
            ("ASY\u2019ARI \u2018asy\u201b\u02bb\u02bc`\u2032\uff07", "asyari asy"),
            ("Éclair naïve Çağ", "eclair naive cag"),
            ("e\u0301", "e"),
            ("\uff2b\uff50\uff55 ﬁ", "kpu fi"),
            ("Straße", "strasse"),
            ("İ", "i"),
            ("a\u00a0b", "a b"),
            ("", ""),
            # An acute accent, the two half rings of transliterated Arabic, and the stress mark.
            *((f"Asy{sign}ari", "asyari") for sign in "\u00b4\u02be\u02bf\u02c8"),
        ],
    )
    async def test_text_is_folded(self, db: asyncpg.Connection, text: str, folded: str) -> None:
        assert await db.fetchval("SELECT fold($1::text)", text) == folded

    async def test_null_parts_are_ignored(self, db: asyncpg.Connection) -> None:
        assert await db.fetchval("SELECT fold('A', NULL, 'B')") == "a b"
