"""Problem types for valid requests that conflict with the state of a roll or with what needs two clients."""

from app.core.languages import Text
from app.core.problems.conflicts import Conflict


class RollClosed(Conflict):
    """The roll is closed, so only a correction may change it."""

    code = "roll_closed"
    title = Text("Daftar hadir sudah ditutup", "The roll is closed")
    remedy = Text(
        "Setelah ditutup, daftar hadir hanya berubah lewat koreksi: POST /v1/meetings/{code}/corrections, lalu"
        " dikonfirmasi klien kedua.",
        "A closed roll changes only by a correction: POST /v1/meetings/{code}/corrections, which a second client then"
        " confirms.",
    )


class RollOpen(Conflict):
    """The roll is open, so it is changed directly and not by a correction."""

    code = "roll_open"
    title = Text("Daftar hadir belum ditutup", "The roll is open")
    remedy = Text(
        "Selama daftar hadir belum ditutup, ubahlah langsung, tanpa koreksi.",
        "While the roll is open, change it directly, without a correction.",
    )


class RollAnonymised(Conflict):
    """The participants of the meeting have been anonymised, so its roll cannot be opened again."""

    code = "roll_anonymised"
    title = Text("Daftar hadir sudah dianonimkan", "The roll is anonymised")
    remedy = Text(
        "Peserta rapat ini sudah dianonimkan. Hanya jumlahnya yang tersisa, dan jumlah itu tidak berubah lagi.",
        "The participants of this meeting have been anonymised. Only their numbers are left, and these stay.",
    )


class CorrectionSuperseded(Conflict):
    """The same participant or scan was corrected after the correction was requested."""

    code = "correction_superseded"
    title = Text("Koreksi sudah usang", "The correction is superseded")
    remedy = Text(
        "Sejak koreksi ini diminta, hal yang sama sudah dikoreksi lagi. Baca daftar hadir, lalu minta koreksi baru.",
        "The same was corrected again after this correction was requested. Read the roll, then request a new one.",
    )


class DeviceOwned(Conflict):
    """The device id belongs to another client at this meeting."""

    code = "device_owned"
    title = Text("Perangkat milik klien lain", "The device belongs to another client")
    remedy = Text(
        "Pakai device_id lain, atau minta pengelola daftar hadir mengatur ulang perangkat ini"
        " (devices/{device}:reset).",
        "Use another device_id, or ask who manages the roll to reset this device (devices/{device}:reset).",
    )


class ErasureNearer(Conflict):
    """The participants of the meeting would be anonymised earlier, which needs two clients."""

    code = "erasure_nearer"
    title = Text("Penghapusan data menjadi lebih awal", "Personal data would be erased earlier")
    remedy = Text(
        "Rapat ini punya peserta. Hari terakhir, retention_days atau zona waktu yang membuat data peserta dihapus "
        "lebih awal perlu dua klien: POST …/corrections dengan kind `dates` atau `retention`, lalu konfirmasi klien "
        "lain. Lebih lambat selalu boleh.",
        "This meeting has participants. A last day, `retention_days` or time zone with which their data is erased "
        "earlier needs two clients: POST …/corrections with the kind `dates` or `retention`, then the confirmation of "
        "another client. Later is always allowed.",
    )


class HasScans(Conflict):
    """Badges have been scanned, so the request would change what the scans mean."""

    code = "has_scans"
    title = Text("Sudah ada pindaian", "There are scans")
    remedy = Text(
        "Peserta dengan pindaian dihapus hanya dengan with_scans=true; rapat dengan pindaian tidak dapat dipindahkan.",
        "A participant with scans is deleted only with `with_scans=true`; a meeting with scans cannot be moved.",
    )


class RollTooLong(Conflict):
    """The roll or the badges exceed the lines or days that a file can contain."""

    code = "roll_too_long"
    title = Text("Daftar hadir terlalu panjang", "The roll is too long")
    remedy = Text(
        "Sebuah berkas memuat paling banyak 20.000 baris (5.000 badge) dan 62 hari. Persempit dengan organization.",
        "A file contains at most 20,000 lines (5,000 badges) and 62 days. Select fewer with `organization`.",
    )


class SecondClientNeeded(Conflict):
    """The correction must be confirmed by another client than the one that requested it."""

    code = "second_client_needed"
    title = Text("Perlu klien kedua", "A second client is required")
    remedy = Text(
        "Koreksi dikonfirmasi satu kali oleh klien lain daripada yang memintanya. Klien yang menguasai klien lain, dan"
        " yang dikuasai klien yang sama, dihitung satu.",
        "A correction must be confirmed once, by a client other than the one that requested it. Clients of which one"
        " controls the other, or which the same client controls, count as one.",
    )
