"""The web page and the API: one application over files, a snapshot or a live cluster."""
