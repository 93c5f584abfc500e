"""Files kept as rows: content in blocks of 1 MB, uploads checked before they are kept, claims of what was uploaded."""
