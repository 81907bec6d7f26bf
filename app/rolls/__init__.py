"""Export the roll of a meeting (daftar hadir) as CSV, XLSX or PDF, and confirm it by its digest."""
