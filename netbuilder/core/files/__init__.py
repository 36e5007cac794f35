"""Names and safe reading of files and archives."""
