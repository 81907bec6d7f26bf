"""Headings of columns: the name of a member, or one of its Indonesian names; case, blanks and punctuation are ignored.

The Indonesian names follow the glossary (docs/glossary.md). docs/imports.md lists them.
"""

import difflib
import re
from collections.abc import Mapping, Sequence

from app.imports.words import fold

# By member: Indonesian headings, the usual one first. A resource of RESOURCE_HEADINGS has its own for some members.
HEADINGS: Mapping[str, Sequence[str]] = {
    "id": ("id",),
    "code": ("kode",),
    "meeting": ("rapat", "kode rapat"),
    "name": ("nama", "nama lengkap"),
    "name_en": ("nama Inggris", "nama dalam bahasa Inggris"),
    "other_names": ("nama lain",),
    "source": ("sumber",),
    "verified": ("terverifikasi", "diverifikasi"),
    "primary": ("sumber utama", "sumber primer"),
    "legal_basis": ("dasar hukum",),
    "note": ("catatan", "keterangan"),
    "type": ("jenis", "tipe"),
    "kind": ("jenis",),
    "level": ("tingkat",),
    "parent": ("induk", "kode induk"),
    "iso_3166_2": ("kode ISO",),
    "capital": ("ibu kota",),
    "time_zone": ("zona waktu",),
    "valid_from": ("berlaku sejak", "berlaku mulai"),
    "formed_by": ("dasar pembentukan",),
    "split_from": ("pemekaran dari",),
    "previous_codes": ("kode sebelumnya", "kode lama"),
    "autonomous": ("otonom",),
    "short_name": ("nama singkat", "singkatan"),
    "sector": ("sektor",),
    "region": ("wilayah", "kode wilayah"),
    "role": ("peran",),
    "seats": ("jumlah kursi", "kursi"),
    "established_on": ("tanggal berdiri", "tanggal dibentuk"),
    "dissolved_on": ("tanggal bubar", "tanggal dibubarkan"),
    "members": ("jumlah anggota",),
    "led_by": ("dipimpin oleh", "pimpinan"),
    "duties": ("tugas",),
    "official": ("id pejabat", "pejabat"),
    "organization": ("organisasi", "satuan kerja", "satker", "instansi", "lembaga"),
    "office": ("jabatan",),
    "standing": ("status jabatan", "kedudukan"),
    "division": ("divisi",),
    "term": ("periode", "masa jabatan"),
    "start_on": ("tanggal mulai", "mulai", "TMT"),
    "end_on": ("tanggal selesai", "selesai", "tanggal berakhir"),
    "seen_on": ("tanggal diketahui", "terakhir diketahui"),
    "end_reason": ("alasan berakhir",),
    "voting_on": ("tanggal pemungutan suara", "pemungutan suara"),
    "decided_on": ("tanggal penetapan", "tanggal ditetapkan"),
    "election": ("pemilu", "pemilihan"),
    "position": ("urutan", "nomor urut"),
    "rule": ("ketentuan", "aturan"),
    "round": ("putaran",),
    "host": ("penyelenggara", "tuan rumah"),
    "place": ("tempat",),
    "cancelled_on": ("tanggal batal", "tanggal dibatalkan"),
    "audience": ("peserta", "sasaran"),
    "purpose": ("tujuan", "maksud"),
    "roll": ("daftar hadir",),
    "places": ("jumlah tempat", "kuota"),
    "retention_days": ("masa simpan", "masa simpan (hari)"),
    "check_in_margin_minutes": ("tenggang presensi", "tenggang presensi (menit)"),
    "day_ends_at": ("akhir hari", "batas hari"),
    "track": ("jalur",),
    "parallel_group": ("kelompok paralel",),
    "starts_at": ("waktu mulai", "mulai"),
    "ends_at": ("waktu selesai", "selesai"),
    "room": ("ruang", "ruangan"),
    "topics": ("topik", "materi"),
    "speakers": ("narasumber", "pembicara"),
    "made_on": ("tanggal", "tanggal pernyataan"),
    "form": ("bentuk",),
    "summary": ("ringkasan", "isi"),
    "capacity": ("kapasitas", "sebagai"),
    "represents": ("mewakili",),
    "letter_number": ("nomor surat tugas", "nomor surat", "no. surat tugas", "no. surat"),
    "letter_dated_on": ("tanggal surat tugas", "tanggal surat"),
    "sessions": ("sesi", "kelas", "acara"),
    "name_as_printed": ("nama tercetak",),
}
RESOURCE_HEADINGS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "elections": {"name": ("nama", "nama pemilu")},
    "meetings": {"kind": ("jenis", "jenis rapat"), "name": ("nama", "nama rapat")},
    "officials": {"name": ("nama", "nama lengkap", "nama pejabat")},
    "participants": {
        "name": ("nama", "nama lengkap", "nama peserta"),
        "organization": (*HEADINGS["organization"], "asal", "delegasi"),
        "capacity": (*HEADINGS["capacity"], "peran"),
    },
    "regions": {"parent": ("induk", "kode induk", "kode provinsi"), "name": ("nama", "nama wilayah")},
}
IGNORED = frozenset(map(fold, ("No", "No. Urut", "Tanda tangan", "TTD", "Paraf")))
"""Headings of columns that lists on paper have, and that contain no member."""
_REMARK = re.compile(r"\([^()]*\)|\*")


def list_headings(resource: str, member: str) -> Sequence[str]:
    """Return the Indonesian headings of a member of a resource's rows, the usual one first."""
    return RESOURCE_HEADINGS.get(resource, {}).get(member) or HEADINGS.get(member, ())


def index_headings(resource: str, members: Sequence[str]) -> dict[str, str]:
    """Return the members of a resource's rows by each of their folded headings; the name of a member comes first."""
    index = {fold(member): member for member in members}
    for member in members:
        for heading in list_headings(resource, member):
            index.setdefault(fold(heading), member)
    return index


def find_member(heading: str, index: Mapping[str, str]) -> str | None:
    """Return the member that a heading names, also without its remark in parentheses or asterisk; None: unknown."""
    return index.get(fold(heading)) or index.get(fold(_REMARK.sub("", heading)))


def is_ignored(heading: str, index: Mapping[str, str]) -> bool:
    """Return whether a heading is that of a column without a member, such as the number of a line."""
    return find_member(heading, index) is None and fold(heading) in IGNORED


def suggest_heading(heading: str, resource: str, index: Mapping[str, str]) -> str | None:
    """Return the known heading that is most similar to an unknown one; None if none is similar."""
    names = {
        fold(name): name for member in index.values() for name in (*reversed(list_headings(resource, member)), member)
    }
    similar = difflib.get_close_matches(fold(heading), names, n=1, cutoff=0.7)
    return names[similar[0]] if similar else None
