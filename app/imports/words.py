"""Words of people for values: of booleans, and of the values of closed lists, in Indonesian."""

from collections.abc import Mapping, Sequence

from app.rendering import labels

TRUE_WORDS = frozenset({"true", "benar", "ya", "yes", "1"})
FALSE_WORDS = frozenset({"false", "salah", "tidak", "no", "0"})

# By value: the Indonesian words. A word may stand for several values, of which a column allows one.
VALUE_WORDS: Mapping[str, Sequence[str]] = {
    **{value: (label,) for value, label in (labels.OFFICES | labels.CAPACITIES).items()},
    "chair": ("Ketua", "Ketua merangkap Anggota"),
    "member": ("Anggota", "Komisioner"),
    "secretary_general": ("Sekretaris Jenderal", "Sekjen"),
    "delegate": ("Peserta", "Delegasi", "Utusan"),
    "speaker": ("Narasumber", "Pembicara"),
    "committee": ("Panitia",),
    "guest": ("Tamu", "Undangan"),
    "national": ("Nasional", "Pusat"),
    "province": ("Provinsi",),
    "regency": ("Kabupaten",),
    "city": ("Kota",),
    "commission": ("Komisi", "KPU"),
    "agency": ("Lembaga", "Badan"),
    "election_body": ("Penyelenggara Pemilu",),
    "government": ("Pemerintah",),
    "court": ("Pengadilan", "Peradilan"),
    "legislature": ("Legislatif",),
    "executive": ("Eksekutif",),
    "security": ("Keamanan",),
    "law_enforcement": ("Penegak hukum",),
    "audit": ("Pemeriksa", "Audit"),
    "local_government": ("Pemerintah daerah",),
    "division": ("Divisi",),
    "secretariat_unit": ("Unit sekretariat",),
    "definitive": ("Definitif",),
    "acting": ("Pelaksana tugas", "Plt."),
    "interim_replacement": ("Penggantian antarwaktu", "PAW"),
    "general": ("Pemilu", "Pemilihan Umum"),
    "regional_head": ("Pilkada", "Pemilihan"),
    "stage": ("Tahapan",),
    "substage": ("Subtahapan",),
    "activity": ("Kegiatan",),
    "support": ("Dukungan",),
    "national_coordination": ("Rapat koordinasi nasional", "Rakornas"),
    "coordination": ("Rapat koordinasi", "Rakor"),
    "plenary": ("Rapat pleno", "Pleno"),
    "training": ("Bimbingan teknis", "Bimtek"),
    "induction": ("Orientasi", "Pembekalan"),
    "other": ("Lainnya", "Lain-lain"),
    "opening": ("Pembukaan",),
    "direction": ("Arahan",),
    "panel": ("Panel",),
    "discussion": ("Diskusi",),
    "class": ("Kelas",),
    "closing": ("Penutupan",),
    "open": ("Terbuka",),
    "restricted": ("Terbatas", "Tertutup"),
    "spoken": ("Lisan",),
    "written": ("Tertulis",),
}
REGENCY_OR_CITY = ("Kabupaten/Kota", "Kota")
"""Further words for `regency` where cities are regencies too."""


def fold(text: str) -> str:
    """Return a text without case, blanks and punctuation, such as `tanggalmulai` for `Tanggal Mulai`."""
    return "".join(character for character in text.casefold() if character.isalnum())


def find_value(text: str, allowed: Sequence[str]) -> str:
    """Return the allowed value that a word stands for, as the value itself or in Indonesian; else the text."""
    folded = fold(text)
    for value in allowed:
        more = REGENCY_OR_CITY if value == "regency" and "city" not in allowed else ()
        if folded in {fold(value), *map(fold, (*VALUE_WORDS.get(value, ()), *more))}:
            return value
    return text


def find_boolean(text: str) -> bool | None:
    """Return the boolean that a word stands for; None for any other text."""
    folded = text.casefold()
    return True if folded in TRUE_WORDS else False if folded in FALSE_WORDS else None
