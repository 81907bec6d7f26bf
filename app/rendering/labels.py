"""Indonesian labels of a daftar hadir for offices, capacities and statuses."""

OFFICES = {
    "chair": "Ketua",
    "member": "Anggota",
    "secretary": "Sekretaris",
    "secretary_general": "Sekretaris Jenderal",
}
CAPACITIES = {
    "delegate": "Peserta",
    "speaker": "Narasumber",
    "committee": "Panitia",
    "observer": "Pengamat",
    "guest": "Tamu",
}
STATUSES = {
    "expected": "",  # nothing is known yet: the cell stays empty for handwriting
    "present": "Hadir",
    "represented": "Diwakili",
    "excused": "Izin",
    "sick": "Sakit",
    "on_duty_elsewhere": "Dinas luar",
    "on_leave": "Cuti",
    "absent": "Alpa",
}
DAY_CODES = {
    "present": "H",
    "represented": "W",
    "excused": "I",
    "sick": "S",
    "on_duty_elsewhere": "DL",
    "on_leave": "C",
    "absent": "A",
}
"""Abbreviations for the narrow column of a day."""


def format_position(office: str | None, capacity: str) -> str:
    """Return an office in Indonesian with the capacity (how the person attends) in parentheses, but no `delegate`."""
    label = OFFICES[office] if office else ""
    if capacity == "delegate":
        return label
    return f"{label} ({CAPACITIES[capacity]})" if label else CAPACITIES[capacity]


def format_remark(status: str, late: bool) -> str:
    """Return an attendance status in Indonesian, with `terlambat` if late (`Hadir, terlambat`)."""
    words = [STATUSES[status], "terlambat" if late else ""]
    text = ", ".join(filter(None, words))
    return text[:1].upper() + text[1:]


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates with `?`, because they cannot be encoded in UTF-8."""
    return text.encode(errors="replace").decode()
