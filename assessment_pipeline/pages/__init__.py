"""Pages: what people look at, one self-contained HTML file each; the core says what is on it."""
