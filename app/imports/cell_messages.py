"""Messages about cells that a spreadsheet has changed, or that do not fit their column, in both languages."""

from app.core.languages import Text

NOT_JSON = Text(
    'Sel ini harus berisi JSON, misalnya [{"name": "Siti Contoh"}].',
    'This cell must contain JSON, for example [{"name": "Siti Contoh"}].',
)
SPREADSHEET_ERROR = Text(
    "Sel ini berisi galat lembar kerja. Perbaiki rumusnya, atau kosongkan sel ini.",
    "This cell contains an error of the spreadsheet. Correct its formula, or empty the cell.",
)
FORMULA = Text(
    "Sel ini berisi rumus. Salin hasilnya sebagai nilai.",
    "This cell contains a formula. Copy its result as a value.",
)
ROUNDED_NUMBER = Text(
    "Excel telah membulatkan angka yang panjang. Beri kolom ini format Teks, lalu isi lagi angkanya.",
    "Excel has rounded a long number. Format the column as Text, and enter the number again.",
)
LOST_ZEROS = Text(
    "Excel mungkin telah membuang angka nol. Beri kolom ini format Teks, lalu isi lagi kodenya.",
    "Excel may have dropped zeros. Format the column as Text, and enter the code again.",
)
NUMBER_IN_TEXT_COLUMN = Text(
    "Sel ini berisi bilangan, padahal kolomnya berisi teks: nol di depan atau di belakang bisa hilang. Beri kolom ini "
    "format Teks, lalu isi lagi selnya.",
    "This cell contains a number, but the column contains text: zeros at the beginning or the end may be lost. Format "
    "the column as Text, and enter the cell again.",
)
NO_TIME_ZONE = Text(
    "Tulis saat sebagai teks dengan selisih zona waktu, misalnya 2022-06-14T09:00:00+07:00.",
    "Write an instant as text with the offset of its time zone, for example 2022-06-14T09:00:00+07:00.",
)
WRONG_CELL_TYPE = Text(
    "Sel ini berisi tanggal, jam, bilangan atau nilai BENAR/SALAH, yang tidak sesuai dengan kolomnya.",
    "This cell contains a date, a time, a number or TRUE/FALSE, which does not fit its column.",
)
UNKNOWN_COLUMN = Text("Kolom ini tidak dikenal.", "This column is unknown.")
SUGGESTED_COLUMN = Text("Mungkin maksudnya: {}.", "Perhaps you mean: {}.")
KNOWN_COLUMNS = Text("Kolom yang dikenal: {}.", "The known columns are: {}.")
REPEATED_COLUMN = Text("Kolom ini muncul lebih dari satu kali.", "This column occurs more than once.")
MISSING_COLUMN = Text("Kolom ini wajib ada.", "This column is required.")
NO_HEADER = Text(
    "Tidak ada baris judul kolom di antara 20 baris pertama.",
    "None of the first 20 rows is a header with known columns.",
)
EMPTY_FILE = Text(
    "20 baris pertama kosong: tidak ada baris judul kolom.", "The first 20 rows are empty: there is no header."
)
TOO_MANY_CELLS = Text(
    "Baris ini mempunyai lebih banyak sel daripada kolom. Mungkin sel dengan pemisah tidak diapit tanda kutip.",
    "This row has more cells than there are columns. Perhaps a cell with a separator is not in quotes.",
)
NO_HEADING = Text("Sel ini berada di kolom tanpa judul.", "A cell of this row is in a column without a heading.")
NOT_JSON_LINE = Text("Baris ini bukan JSON yang sah.", "This line is not valid JSON.")
