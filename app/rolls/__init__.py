"""Documents of a roll: the daftar hadir as CSV, XLSX and PDF, and the digest that proves it."""
