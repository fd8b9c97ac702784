"""The project around the code: settings, make targets, what a fresh clone gets."""
