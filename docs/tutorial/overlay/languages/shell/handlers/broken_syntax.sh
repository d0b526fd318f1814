handler() { if
