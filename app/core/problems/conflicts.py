"""Problem types for valid requests that conflict with the record."""

from app.core.languages import Text
from app.core.problems.problem import ErrorDetail, Problem


class Conflict(Problem):
    """A rule of the record is violated; `errors` name the conflicting objects."""

    status, code = 409, "conflict"
    title = Text("Bertentangan dengan catatan", "In conflict with the record")
    remedy = Text(
        "Permintaan bertentangan dengan yang sudah tercatat. Baca lagi, lalu sesuaikan.",
        "The request conflicts with the record. Read the objects again, then adapt the request.",
    )


class AlreadyExists(Conflict):
    """The key of the object to create is taken."""

    code = "already_exists"
    title = Text("Sudah ada", "Already exists")
    remedy = Text("Objek lain sudah memakai kode atau kunci ini.", "Another object already has this code or key.")


class InUse(Conflict):
    """The object to delete is still referred to by the objects that `errors` name."""

    code = "in_use"
    title = Text("Masih dipakai", "Still in use")
    remedy = Text(
        "Objek yang masih dirujuk tidak dapat dihapus; errors menyebut perujuknya.",
        "An object that others refer to cannot be deleted; errors name those objects.",
    )


class CircularParent(Conflict):
    """The parent is the object itself or is below it."""

    code = "circular_parent"
    title = Text("Induk berputar", "Circular parents")
    remedy = Text("Induk tidak boleh berada di bawah anaknya sendiri.", "A parent must not be below its own child.")


class TwoDefinitiveHolders(Conflict):
    """The office would have two definitive holders on the same day, but only one can hold it."""

    code = "two_definitive_holders"
    title = Text("Dua pejabat definitif", "Two definitive holders")
    remedy = Text(
        "Ketua, sekretaris dan sekretaris jenderal definitif hanya satu orang per lembaga pada hari yang pasti.",
        "An organization has at most one definitive chair, secretary and secretary general on each certain day.",
    )


class SameOfficeTwice(Conflict):
    """The person would hold the same office twice on the same day."""

    code = "same_office_twice"
    title = Text("Jabatan yang sama dua kali", "The same office twice")
    remedy = Text(
        "Orang ini sudah memegang jabatan itu pada hari yang sama.",
        "This person already holds that office on the same days.",
    )


class EndsBeforeStart(Conflict):
    """The end is before the start."""

    code = "ends_before_start"
    title = Text("Berakhir sebelum mulai", "Ends before it starts")
    remedy = Text("Akhir tidak boleh mendahului awal.", "The end must not be before the start.")


class ForeignParent(Conflict):
    """The parent of the stage belongs to another election."""

    code = "foreign_parent"
    title = Text("Induk dari pemilu lain", "A parent of another election")
    remedy = Text(
        "Induk sebuah tahapan harus milik pemilu yang sama.",
        "The parent of a stage must belong to the same election.",
    )


class SessionOutsideMeeting(Conflict):
    """The session is on a day outside its meeting."""

    code = "session_outside_meeting"
    title = Text("Sesi di luar hari rapat", "Session outside its meeting")
    remedy = Text(
        "Sesi harus berada pada hari-hari rapatnya, menurut zona waktu rapat.",
        "A session must be within the days of its meeting, in the meeting's time zone.",
    )


class ParallelSessions(Conflict):
    """The person would be in two sessions that run in parallel."""

    code = "parallel_sessions"
    title = Text("Dua sesi pada saat yang sama", "Two sessions at the same time")
    remedy = Text(
        "Seseorang tidak dapat berada di dua sesi yang berjalan bersamaan.",
        "A person cannot be in two sessions that run in parallel.",
    )


class NoPlacesLeft(Conflict):
    """The organization would have more delegates than the meeting allows."""

    code = "no_places_left"
    title = Text("Kuota utusan habis", "No places left")
    remedy = Text(
        "Lembaga ini sudah mengirim utusan sebanyak yang diperkenankan (places pada rapat).",
        "This organization already has as many delegates as the meeting allows (`places` of the meeting).",
    )


class CircularRepresentation(Conflict):
    """The chain of representatives would be circular, or longer than 16 steps."""

    code = "circular_representation"
    title = Text("Perwakilan berputar", "Circular representation")
    remedy = Text(
        "Rantai perwakilan tidak boleh kembali kepada dirinya sendiri; paling panjang 16.",
        "A chain of representation must not return to itself, and has at most 16 steps.",
    )


class RequestInFlight(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "request_in_flight"
    title = Text("Permintaan masih berjalan", "The request is still running")
    remedy = Text(
        "Permintaan dengan Idempotency-Key ini masih berjalan. Ulangi setelah waktu pada Retry-After.",
        "A request with this Idempotency-Key is still running. Repeat it after the time in Retry-After.",
    )

    def __init__(self, *errors: ErrorDetail, retry_after: int = 1) -> None:
        super().__init__(*errors, headers={"Retry-After": str(retry_after)})


class PreconditionFailed(Problem):
    """If-Match names a revision that is not the current one."""

    status, code = 412, "precondition_failed"
    title = Text("Objek sudah berubah", "The object has changed")
    remedy = Text(
        "If-Match tidak menyebut revisi yang sekarang; ETag menyebutnya. Baca lagi, lalu ulangi.",
        "If-Match does not name the current revision; ETag does. Read the object again, then repeat the request.",
    )


class PreconditionRequired(Problem):
    """The If-Match header is missing."""

    status, code = 428, "precondition_required"
    title = Text("If-Match diperlukan", "If-Match is required")
    remedy = Text(
        "Sertakan If-Match dengan ETag dari pembacaan terakhir.",
        "Send If-Match with the ETag that you last read.",
    )
