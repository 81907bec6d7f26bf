"""The kinds of corrections: the members of each, when it can be applied, and what it changes.

Each change runs within a transaction that has locked the roll.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from app.auth import Scope
from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, RollAnonymised
from app.corrections import closed_roll_repository, meeting_changes, repository
from app.corrections.payloads import RollCorrectionPayload
from app.corrections.repository import RequestedCorrection
from app.models.vocabulary import CorrectionKind

Work = Callable[[Transaction, str, RequestedCorrection], Awaitable[None]]
"""Checks or applies a correction of the meeting with this code."""
REQUIRED_MEMBER = Text("Wajib untuk koreksi jenis ini.", "Required for a correction of this kind.")
FOREIGN_MEMBER = Text("Tidak berlaku untuk koreksi jenis ini.", "Not allowed for a correction of this kind.")
NO_DAY_OF_MEETING = Text("Bukan hari rapat ini.", "Not a day of this meeting.")
UNKNOWN_SCAN = Text("Tidak ada pindaian dengan id ini pada rapat ini.", "This meeting has no scan with this id.")
NO_LATE_UPLOAD = Text(
    "Bukan pindaian sebelum penutupan yang diterima sesudahnya, atau sudah menjadi bagian daftar hadir.",
    "This is no scan from before the closing that was received after it, or it is part of the roll already.",
)


@dataclass(frozen=True)
class Kind:
    """A kind of correction."""

    required: Sequence[str]
    """The members that a request must give."""
    apply: Work
    """Changes what the correction is about."""
    optional: Sequence[str] = ()
    """Further members that a request may give."""
    needs_closed_roll: bool = True
    """It corrects the roll, so it can be requested and confirmed only while the roll is closed."""
    scope: Scope | None = None
    """The scope that both clients need as well."""
    check: Work | None = None
    """Raises a problem if the correction cannot be applied; called for the request and again for the confirmation."""


async def _require_day(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Raise InvalidContent if the correction names a day that was no day of the meeting at the closing."""
    day = correction.status_on
    if day is not None and not await closed_roll_repository.is_day(transaction, meeting, day):
        raise InvalidContent(ErrorDetail("not_a_day_of_the_meeting", NO_DAY_OF_MEETING, pointer="/on"))


async def _set_status(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Set the manual status of the participant."""
    if correction.participant is None or correction.status is None:
        raise RuntimeError(f"correction {correction.id} has no participant or no status")
    await closed_roll_repository.correct_status(
        transaction, meeting, correction.participant, correction.status, correction.reason, correction.status_on
    )


async def _require_scan(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Raise InvalidContent unless the meeting has the scan."""
    if correction.scan is None or await repository.find_annulment(transaction, meeting, correction.scan) is None:
        raise InvalidContent(ErrorDetail("unknown_code", UNKNOWN_SCAN, pointer="/scan"))


async def _annul_scan(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Annul the scan, unless that is done already, in the name of the client that requested it."""
    if correction.scan is None:
        raise RuntimeError(f"correction {correction.id} has no scan")
    annulment = await repository.find_annulment(transaction, meeting, correction.scan)
    if annulment is not None and annulment.annulled_at is None:
        client, reason = correction.requested_by, correction.change_reason
        await repository.annul_scan(transaction, meeting, correction.scan, client, reason)
    await closed_roll_repository.remove_scan(transaction, meeting, correction.scan)


async def _require_late_upload(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Raise InvalidContent unless the scan can become part of the closed roll."""
    await _require_scan(transaction, meeting, correction)
    if correction.scan is None or not await closed_roll_repository.is_late_upload(
        transaction, meeting, correction.scan
    ):
        raise InvalidContent(ErrorDetail("not_a_late_upload", NO_LATE_UPLOAD, pointer="/scan"))


async def _add_late_upload(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Make the scan part of the closed roll."""
    if correction.scan is None:
        raise RuntimeError(f"correction {correction.id} has no scan")
    await closed_roll_repository.add_late_upload(transaction, meeting, correction.scan)


async def _require_participants(transaction: Transaction, meeting: str, _correction: RequestedCorrection) -> None:
    """Raise RollAnonymised if only the numbers of the roll are left."""
    if await closed_roll_repository.is_anonymised(transaction, meeting):
        raise RollAnonymised


async def _reopen_roll(transaction: Transaction, meeting: str, _correction: RequestedCorrection) -> None:
    """Open the roll again."""
    await closed_roll_repository.reopen_roll(transaction, meeting)


KINDS: Mapping[CorrectionKind, Kind] = {
    "status": Kind(("participant", "status"), _set_status, optional=("on",), check=_require_day),
    "scan": Kind(("scan",), _annul_scan, check=_require_scan),
    "late_upload": Kind(("scan",), _add_late_upload, check=_require_late_upload),
    "reopen": Kind((), _reopen_roll, check=_require_participants),
    "dates": Kind(
        ("start_on", "end_on"),
        meeting_changes.set_dates,
        needs_closed_roll=False,
        scope=Scope.MEETINGS_WRITE,
        check=meeting_changes.require_dates,
    ),
    "retention": Kind(
        ("retention_days",),
        meeting_changes.set_retention,
        needs_closed_roll=False,
        scope=Scope.MEETINGS_WRITE,
        check=meeting_changes.require_retention,
    ),
}
_ALL_MEMBERS = frozenset(RollCorrectionPayload.model_fields) - {"kind", "reason", "legal_basis"}


def require_members_of_kind(payload: RollCorrectionPayload) -> None:
    """Raise InvalidContent unless a request gives the members of its kind and no others.

    Raises:
        InvalidContent: A member of the kind is missing, or one of another kind is given.
    """
    kind = KINDS[payload.kind]
    given = {name for name in _ALL_MEMBERS if getattr(payload, name) is not None}
    errors = [
        *(
            ErrorDetail("missing_member", REQUIRED_MEMBER, pointer=f"/{name}")
            for name in kind.required
            if name not in given
        ),
        *(
            ErrorDetail("not_of_this_kind", FOREIGN_MEMBER, pointer=f"/{name}")
            for name in sorted(given - {*kind.required, *kind.optional})
        ),
    ]
    if errors:
        raise InvalidContent(*errors)
