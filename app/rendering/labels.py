"""The words of a daftar hadir for what the record keeps as codes."""

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
    "expected": "",  # nothing is known yet: the cell stays free for a pen
    "present": "Hadir",
    "represented": "Diwakili",
    "excused": "Izin",
    "sick": "Sakit",
    "on_duty_elsewhere": "Dinas luar",
    "on_leave": "Cuti",
    "absent": "Alpa",
}


def position(office: str | None, capacity: str) -> str:
    """The office, and in what capacity its holder came unless as one delegate among many."""
    held = OFFICES[office] if office else ""
    if capacity == "delegate":
        return held
    return f"{held} ({CAPACITIES[capacity]})" if held else CAPACITIES[capacity]


def remark(status: str, late: bool) -> str:
    """The status; `Hadir, terlambat` of whoever came late."""
    words = [STATUSES[status], "terlambat" if late else ""]
    text = ", ".join(filter(None, words))
    return text[:1].upper() + text[1:]


def sound(text: str) -> str:
    """Without halves of characters, of which no file can be made."""
    return text.encode(errors="replace").decode()
