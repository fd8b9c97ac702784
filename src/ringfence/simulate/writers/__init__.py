"""Log formats that a simulation can write. One module a format; ``registry`` lists them."""
