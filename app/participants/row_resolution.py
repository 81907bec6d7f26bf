"""Resolution of the rows of a list of participants: whom and what the names in it mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail
from app.participants import former_ids_repository, repository, row_repository
from app.writes.row_resolution import NamedRow, ResolvedRow

UNKNOWN_ORGANIZATION = Text("Tidak ada organisasi dengan kode atau nama ini.", "No organization has this code or name.")
AMBIGUOUS_ORGANIZATION = Text(
    "Beberapa organisasi mempunyai nama ini. Tulis kodenya.",
    "Several organizations have this name. Write the code.",
)
UNKNOWN_SESSION = Text(
    "Tidak ada sesi dengan kode atau nama ini di rapat ini.", "The meeting has no session with this code or name."
)
AMBIGUOUS_SESSION = Text(
    "Beberapa sesi mempunyai nama ini. Tulis kodenya.", "Several sessions have this name. Write the code."
)
AMBIGUOUS_OFFICIAL = Text(
    "Beberapa pejabat organisasi ini mempunyai nama ini. Tulis id pejabat.",
    "Several officials of this organization have this name. Write the id of the official.",
)
OTHER_OFFICIAL = Text("Pejabat dengan id ini mempunyai nama lain.", "The official with this id has another name.")
AMBIGUOUS_PARTICIPANT = Text(
    "Beberapa peserta dari organisasi ini mempunyai nama ini. Tulis id peserta.",
    "Several participants of this organization have this name. Write the id of the participant.",
)


@dataclass
class _Row:
    """A row while it is resolved."""

    columns: dict[str, Any]
    id: UUID | None
    sessions: list[str] | None
    errors: list[ErrorDetail] = field(default_factory=list)
    official: str | None = None
    """The official whom the row means, by id or by name."""
    office: str | None = None
    """Their office in the organization, if the row names none."""

    @property
    def wanted(self) -> dict[str, Any]:
        """The columns by which an existing participant is found."""
        members = ("name", "organization", "office", "capacity")
        return {"id": self.id, "official": self.official, **{name: self.columns.get(name) for name in members}}


async def resolve_rows(transaction: Transaction, meeting: str, rows: Sequence[NamedRow]) -> Sequence[ResolvedRow]:
    """Find the organizations, sessions and officials that rows name, and the participants that they change.

    A row without an id changes the participant who is the same official in the same capacity or, without an official,
    has the same name, organization and capacity. Otherwise it creates one, with the former id of a person who was
    deleted. An official is found by name among those of the organization; a name that none has is that of another
    person.
    """
    pending = [_create_row(row) for row in rows]
    await _resolve_organizations(transaction, pending)
    await _resolve_sessions(transaction, meeting, pending)
    await _resolve_officials(transaction, meeting, pending)
    if any(row.columns.get("represents") for row in pending):
        await repository.lock_representations(transaction, meeting)
    await _resolve_participants(transaction, meeting, pending)
    return [_finish(row) for row in pending]


def _create_row(row: NamedRow) -> _Row:
    """Return a row to resolve."""
    sessions = [item["session"] for item in row.parts["sessions"]] if "sessions" in row.parts else None
    official = row.columns.get("official")
    return _Row(dict(row.columns), row.id, sessions, official=str(official) if official else None)


async def _resolve_organizations(transaction: Transaction, rows: Sequence[_Row]) -> None:
    """Replace the code or name of each organization by its code."""
    texts = {row.columns["organization"] for row in rows if row.columns.get("organization")}
    found = await row_repository.find_organizations(transaction, sorted(texts))
    for row in rows:
        if text := row.columns.get("organization"):
            codes = found.get(text, [])
            row.columns["organization"] = _choose(text, codes) or row.columns["organization"]
            if not _choose(text, codes):
                message = AMBIGUOUS_ORGANIZATION if codes else UNKNOWN_ORGANIZATION
                row.errors.append(_error("organization", message, is_ambiguous=bool(codes)))


async def _resolve_sessions(transaction: Transaction, meeting: str, rows: Sequence[_Row]) -> None:
    """Replace the codes or names of sessions by their codes."""
    texts = {text for row in rows for text in row.sessions or ()}
    found = await row_repository.find_sessions(transaction, meeting, sorted(texts))
    for row in rows:
        if row.sessions is None:
            continue
        codes = {text: _choose(text, found.get(text, [])) for text in row.sessions}
        for text, code in codes.items():
            if code is None:
                is_ambiguous = bool(found.get(text))
                message = AMBIGUOUS_SESSION if is_ambiguous else UNKNOWN_SESSION
                row.errors.append(_error("sessions", message, is_ambiguous=is_ambiguous))
        row.sessions = list(dict.fromkeys(code for code in codes.values() if code))


async def _resolve_officials(transaction: Transaction, meeting: str, rows: Sequence[_Row]) -> None:
    """Find the officials whom rows name, and refuse the id of an official who has another name."""
    numbered = {n: row for n, row in enumerate(rows) if not row.errors and row.columns.get("name")}
    with_id = {
        n: {"official": row.official, "name": row.columns["name"]} for n, row in numbered.items() if row.official
    }
    for n in await row_repository.find_other_names(transaction, with_id):
        rows[n].errors.append(ErrorDetail("other_name", OTHER_OFFICIAL, pointer="/official"))
    wanted = {
        n: {name: row.columns.get(name) for name in ("name", "organization", "office")}
        for n, row in numbered.items()
        if not row.official and row.columns.get("organization")
    }
    for n, officials in (await row_repository.find_officials(transaction, meeting, wanted)).items():
        row = rows[n]
        same_office = [found for found in officials if found.office == row.columns.get("office")]
        candidates = same_office if len(same_office) == 1 else officials
        if len(candidates) > 1:
            row.errors.append(_error("name", AMBIGUOUS_OFFICIAL, is_ambiguous=True, code="ambiguous_official"))
        else:
            row.official, row.office = candidates[0]


async def _resolve_participants(transaction: Transaction, meeting: str, rows: Sequence[_Row]) -> None:
    """Set the id of each row: that of the participant whom it means, or a new one."""
    valid = {n: row for n, row in enumerate(rows) if not row.errors}
    found = await row_repository.find_participants(transaction, meeting, {n: row.wanted for n, row in valid.items()})
    used: set[str] = set()
    new: list[_Row] = []
    for n, row in valid.items():
        existing = found.get(n, [])
        by_name = [participant for participant in existing if participant.means == "name"]
        if existing and existing[0].means == "name" and not row.columns.get("name"):
            existing = [participant for participant in existing if participant.id not in used]  # any unnamed one
        elif existing and existing[0].means == "name" and len(by_name) > 1:
            row.errors.append(_error("name", AMBIGUOUS_PARTICIPANT, is_ambiguous=True, code="ambiguous_participant"))
            continue
        if existing:
            used.add(existing[0].id)
            _adopt(row, existing[0])
        elif row.id is None:
            new.append(row)
    await _choose_ids(transaction, meeting, new)


def _adopt(row: _Row, participant: row_repository.FoundParticipant) -> None:
    """Let a row mean an existing participant, who stays the same person if the name is the same."""
    row.id = UUID(participant.id)
    if participant.has_same_name:
        row.official = None
    elif participant.official_has_name:
        row.official = participant.official


async def _choose_ids(transaction: Transaction, meeting: str, rows: Sequence[_Row]) -> None:
    """Choose the ids of new participants. Rows that name the same person get the same id, which only one may have."""
    first: dict[Any, _Row] = {}
    for row in rows:
        person = row.official or row.columns.get("name")
        key = (person, row.official or row.columns.get("organization"), row.columns.get("capacity"))
        first.setdefault(key if person else id(row), row)
    persons = [{**row.wanted, "name": None if row.official else row.columns.get("name")} for row in first.values()]
    ids = await former_ids_repository.choose_ids(transaction, meeting, persons)
    for row, new_id in zip(first.values(), ids, strict=True):
        row.id = new_id
    for row in rows:
        if row.id is None:
            person = row.official or row.columns.get("name")
            row.id = first[person, row.official or row.columns.get("organization"), row.columns.get("capacity")].id


def _finish(row: _Row) -> ResolvedRow:
    """Return what a row means."""
    if row.errors:
        return ResolvedRow(None, {}, {}, row.errors)
    columns = {
        "organization": row.columns.get("organization"),
        "official": row.official,
        "name": None if row.official else row.columns.get("name"),
    }
    if row.office and not row.columns.get("office"):
        columns["office"] = row.office
    parts: Mapping[str, Any] = (
        {} if row.sessions is None else {"sessions": [{"session": code} for code in row.sessions]}
    )
    return ResolvedRow(row.id, columns, parts)


def _choose(text: str, codes: Sequence[str]) -> str | None:
    """Return the code that is the text itself, or the only one; None if there is none or several."""
    if text.lower() in codes:
        return text.lower()
    return codes[0] if len(codes) == 1 else None


def _error(member: str, message: Text, *, is_ambiguous: bool, code: str = "ambiguous_name") -> ErrorDetail:
    """Build the error for a name that means nothing, or several things."""
    return ErrorDetail(code if is_ambiguous else "unknown_name", message, pointer=f"/{member}")
