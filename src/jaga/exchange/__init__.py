"""File formats in and out: CSV, XLSX, XARF, letters as PDF, sealed exports, pictures drawn anew."""
