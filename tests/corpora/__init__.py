"""Cases that other projects wrote, with their expected results; see the corpora's own README."""
