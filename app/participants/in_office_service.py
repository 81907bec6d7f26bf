"""Creation of participants from the holders of offices on the first day of a meeting."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent
from app.models.vocabulary import OFFICES, Office
from app.participants import former_ids_repository, in_office_repository, payloads, repository, service
from app.participants.in_office_repository import Body, OfficeHolder, UnnamedParticipant
from app.writes.conflicts import AttemptedWrite
from app.writes.request import WriteRequest, WriteResult

UNKNOWN_CODE = Text("Kode tidak dikenal.", "No such code.")


async def create_office_holders(
    transaction: Transaction, write_request: WriteRequest, meeting: str, payload: payloads.InOfficePayload
) -> WriteResult:
    """Add who holds these offices on the meeting's first day and is no participant yet; build the response 201.

    A participant who stands for an office without a name gets the name of its certain holder.

    Raises:
        InvalidContent: An organization does not exist.
    """
    await service.require_writable(transaction, write_request, meeting)
    # Otherwise two requests at once could both list an office without a name.
    await repository.lock_representations(transaction, meeting)
    codes = payload.organizations
    bodies = await in_office_repository.list_bodies(transaction, codes)
    known_codes = {body.code for body in bodies}
    if unknown := [n for n, code in enumerate(codes) if code not in known_codes]:
        raise InvalidContent(
            *[ErrorDetail("unknown_code", UNKNOWN_CODE, pointer=f"/organizations/{n}") for n in unknown]
        )
    offices = payload.offices or OFFICES
    appointments = await in_office_repository.list_appointments(transaction, meeting, codes, offices)
    holders = _choose_offices(appointments, offices)
    unnamed = await in_office_repository.list_unnamed_participants(transaction, meeting, codes)
    named = _match_unnamed([holder for holder in holders if not holder.is_listed], unnamed, payload.capacity)
    new = [holder for holder in holders if not holder.is_listed and holder not in named.values()]
    missing = {body: _list_missing_offices(body, payload.offices, appointments) for body in bodies}
    vacancies: list[tuple[str, Office]] = []
    listed = sum(holder.is_listed for holder in holders)
    if payload.include_offices_without_holder:
        wanted = Counter(_list_unnamed_offices(missing))
        existing = Counter((participant.organization, participant.office) for participant in unnamed)
        vacancies = list((wanted - existing).elements())
        listed += (wanted & existing).total()
    rows = [_build_row(payload, holder.organization, holder.office, holder.official) for holder in new]
    rows += [_build_row(payload, organization, office, None) for organization, office in vacancies]
    ids = await former_ids_repository.choose_ids(transaction, meeting, rows)
    # A problem of a row points to the organizations, because the body contains no rows.
    write_request.attempted_write = AttemptedWrite({}, part_members={"participants": "organizations"})
    if named:
        officials = {participant_id: holder.official for participant_id, holder in named.items()}
        await in_office_repository.name_participants(transaction, meeting, officials)
    if rows:
        identified = [{"id": id_, "meeting": meeting, **row} for id_, row in zip(ids, rows, strict=True)]
        await repository.insert_participants(transaction, identified, ())
    documents = await repository.get_registered_participants(transaction, meeting, [*ids, *named])
    certain = [*(holder.is_certain for holder in new), *(None for _ in vacancies)]
    document = {
        "registered": [{**documents[id_], "certain": known} for id_, known in zip(ids, certain, strict=True)],
        "named": [{**documents[id_], "certain": holder.is_certain} for id_, holder in named.items()],
        "already_registered": listed,
        "organizations_without_holder": [
            {"code": body.code, "name": body.name}
            for body in bodies
            if not any(holder.organization == body.code for holder in appointments)
        ],
        "offices_without_holder": [
            {"organization": {"code": body.code, "name": body.name}, "offices": without}
            for body, without in missing.items()
            if without
        ],
    }
    return service.build_result(meeting, [*ids, *named], document)


def _choose_offices(appointments: Sequence[OfficeHolder], offices: Sequence[Office]) -> list[OfficeHolder]:
    """Choose one office for each person: a certain one before a possible one, then by the order of `offices`."""
    chosen: dict[str, OfficeHolder] = {}
    for holder in appointments:
        other = chosen.get(holder.official)
        if other is None or _rank(holder, offices) < _rank(other, offices):
            chosen[holder.official] = holder
    return [holder for holder in appointments if chosen[holder.official] is holder]


def _rank(holder: OfficeHolder, offices: Sequence[Office]) -> tuple[bool, int]:
    """Return the rank of an office among those of a person; the least is chosen."""
    return not holder.is_certain, offices.index(holder.office)


def _match_unnamed(
    holders: Sequence[OfficeHolder], unnamed: Sequence[UnnamedParticipant], capacity: str
) -> dict[UUID, OfficeHolder]:
    """Match certain holders to the participants who stand for their office without a name, by participant id."""
    matched: dict[UUID, OfficeHolder] = {}
    for holder in filter(lambda holder: holder.is_certain, holders):
        key = (holder.organization, holder.office, capacity)
        free = (participant.id for participant in unnamed if participant[1:] == key and participant.id not in matched)
        if participant_id := next(free, None):
            matched[participant_id] = holder
    return matched


def _list_missing_offices(
    body: Body, requested: Sequence[Office] | None, appointments: Sequence[OfficeHolder]
) -> list[Office]:
    """List the requested offices of a body that nobody is known to hold, not even possibly.

    A commission has a chair, members, and a secretary or, the national one, a secretary general. The offices of other
    bodies are not known: they are those that the request names.
    """
    head: Office = "secretary_general" if body.level == "national" else "secretary"
    own: Sequence[Office] = ("chair", "member", head) if body.kind == "commission" else requested or ()
    filled = {holder.office for holder in appointments if holder.organization == body.code}
    return [office for office in own if office in (requested or own) and office not in filled]


def _list_unnamed_offices(missing: dict[Body, list[Office]]) -> Iterator[tuple[str, Office]]:
    """Yield the code of a body and an office for each participant without a name that `missing` offices need.

    A commission has as many members as seats, without the chair's. Where the seats are not known, there are none.
    """
    for body, offices in missing.items():
        for office in offices:
            number = 1 if office != "member" else (body.seats or 1) - 1
            yield from [(body.code, office)] * number


def _build_row(
    payload: payloads.InOfficePayload, organization: str, office: Office, official: str | None
) -> dict[str, Any]:
    """Build the database row of a new participant, without id and meeting; no official: an unnamed office holder."""
    return {
        "official": official,
        "organization": organization,
        "office": office,
        "capacity": payload.capacity,
        "status": "expected",
        "late": False,
        "source": payload.source,
        "verified": payload.verified,
        "primary": payload.primary,
    }
