package dynamorm

// Version is this library's version; `scripts/version.py set` writes it from the file VERSION.
const Version = "0.1.0"
