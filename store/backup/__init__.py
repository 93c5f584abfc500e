"""Backups: a sealed file of frames (`vault`), the rows of SQL (`rows`) and the documents (`papers`)."""
