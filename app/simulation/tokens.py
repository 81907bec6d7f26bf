"""The tokens that simulated gates scan."""

from random import Random

from app.simulation.plan import PlannedScan


class TokenSource:
    """The tokens that are scanned: the badges of all persons by number, and tokens that are no badges."""

    def __init__(self, current: list[str], foreign: str, random: Random) -> None:
        self.current = current
        self._former = list(current)
        self._foreign = foreign
        self._random = random

    def get_token(self, scan: PlannedScan) -> str:
        """Return the token that a planned scan reads: of a current, former or foreign badge, tampered, or random."""
        if scan.badge_kind == "foreign":
            return self._foreign
        if scan.badge_kind == "random":
            return f"https://example.org/{self._random.getrandbits(64):x}"
        if scan.badge_kind == "tampered":
            token = self.current[scan.person]
            position = len(token) - 40  # within the signature
            return token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        return (self._former if scan.badge_kind == "former" else self.current)[scan.person]
