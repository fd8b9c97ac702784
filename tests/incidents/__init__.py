"""The incidents of examples/incidents: what is cut, what works, and what each fix opens."""
